"""Signing in to an IRC server, without I/O: which lines to send for which lines received.

RFC 2812 §3.1, IRCv3 capability negotiation and SASL. A server that knows no CAP just welcomes us.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridgekit import LoginError, RetryLater, Scope
from bridges.irc import refusals
from bridges.irc.features import Features
from bridges.irc.nicks import DEFAULT_LENGTH, alternatives
from bridges.irc.wire import Line, compose

# Exactly what is used: times and IDs of messages, knowing what became of our own, and every mode of
# whoever has several, so that one that is taken leaves the other.
WANTED = frozenset(
    {
        *("server-time", "message-tags", "batch", "labeled-response", "echo-message"),
        "multi-prefix",
    }
)
_SASL_CHUNK = 400  # IRCv3 SASL 3.1: an answer goes in pieces of this size
_NICK_REFUSED = frozenset({"432", "433", "436", "437"})


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom to sign in."""

    nick: str
    username: str
    realname: str
    password: str = field(default="", repr=False)
    sasl: tuple[str, str] | None = field(default=None, repr=False)


class Handshake:
    """Feed it every line until `done`; `nick` is then what the server calls us."""

    def __init__(self, identity: Identity, nick_length: int | None, features: Features) -> None:
        self.nick = ""
        self.mask = ""
        self.capabilities: set[str] = set()
        self.done = False
        self._identity = identity
        self._features = features
        self._nicks = _candidates(identity.nick, nick_length)
        self._offered: dict[str, str] = {}
        self._open_requests = 0
        self._signed_in = identity.sasl is None

    def start(self) -> list[str]:
        """What to send first: all that needs no answer."""
        who = self._identity
        password = [compose("PASS", who.password)] if who.password else []
        return [
            "CAP LS 302",
            *password,
            compose("NICK", next(self._nicks)),
            compose("USER", who.username, "0", "*", who.realname),
        ]

    def receive(self, line: Line) -> list[str]:
        """What to answer. Raises `LoginError` or `RetryLater` where the server refuses us."""
        match line.command:
            case "PING":
                return [compose("PONG", *line.params[:1])]
            case "CAP":
                return self._capability(line)
            case "AUTHENTICATE":
                return self._credentials(line)
            case "903" | "907":
                self._signed_in = True
                return self._maybe_end()
            case command if command in _NICK_REFUSED and not self.nick:
                return [compose("NICK", self._next_nick())]
        self._note(line)
        return []

    def _note(self, line: Line) -> None:
        match line.command:
            case "001":
                self._welcome(line)
            case "005":
                self._features.load(line)
            case "376" | "422" if self.nick:  # the message of the day ends, or there is none
                self.done = True
            case "NICK" if self.nick and line.nick == self.nick:
                self.nick = line.param(0)
            case "396":
                self.mask = with_visible_host(self.mask, line)
            case _:
                refusals.raise_if_refused(line)

    def _welcome(self, line: Line) -> None:
        if not self._signed_in:
            raise LoginError("This IRC server offers no SASL; remove sasl, or use another server.")
        self.nick = line.param(0)
        greeted = line.param(-1).rpartition(" ")[2]  # RFC 2812 §5.1: ends in nick!user@host
        if greeted.startswith(f"{self.nick}!") and "@" in greeted:
            self.mask = greeted.partition("!")[2]

    def _next_nick(self) -> str:
        nick = next(self._nicks, None)
        if nick is None:
            raise RetryLater(
                f"The nick {self._identity.nick} and all its variants are taken on IRC.",
                after=60,
                scope=Scope.LOGIN,
            )
        return nick

    def _capability(self, line: Line) -> list[str]:
        match line.params:
            case (_, "LS", "*", offered):
                self._learn(offered)
                return []
            case (_, "LS", offered):
                self._learn(offered)
                return self._request()
            case (_, "ACK", granted):
                return self._granted(granted.split())
            case (_, "NAK", refused) if "sasl" in refused.split():
                raise LoginError("This IRC server offers SASL but refuses it; remove sasl.")
            case (_, "NAK", _):
                self._open_requests -= 1
                return self._maybe_end()
        return []

    def _learn(self, offered: str) -> None:
        for capability in offered.split():
            name, _, value = capability.partition("=")
            self._offered[name] = value

    def _request(self) -> list[str]:
        if self._identity.sasl and not self._offers_plain():
            raise LoginError("This IRC server does not offer SASL PLAIN; remove sasl.")
        wanted = sorted(WANTED & self._offered.keys())
        if self._identity.sasl:
            wanted.append("sasl")
        # One at a time: a server that grants not all of a request grants none of it.
        self._open_requests = len(wanted)
        return [compose("CAP", "REQ", name) for name in wanted] or self._maybe_end()

    def _offers_plain(self) -> bool:
        mechanisms = self._offered.get("sasl")
        return mechanisms is not None and "PLAIN" in (mechanisms or "PLAIN").upper().split(",")

    def _granted(self, names: list[str]) -> list[str]:
        self.capabilities.update(names)
        self._open_requests -= 1
        return ["AUTHENTICATE PLAIN"] if "sasl" in names else self._maybe_end()

    def _credentials(self, line: Line) -> list[str]:
        if line.param(0) != "+" or self._identity.sasl is None:
            return []
        name, password = self._identity.sasl
        answer = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        chunks = [answer[at : at + _SASL_CHUNK] for at in range(0, len(answer), _SASL_CHUNK)]
        if len(chunks[-1]) == _SASL_CHUNK:
            chunks.append("+")
        return [compose("AUTHENTICATE", chunk) for chunk in chunks]

    def _maybe_end(self) -> list[str]:
        return ["CAP END"] if self._signed_in and self._open_requests <= 0 else []


def _candidates(nick: str, length: int | None) -> Iterator[str]:
    if length is not None:
        return alternatives(nick, length)
    # The limit comes after the nick: the server may take it, cut it, or refuse it.
    return iter(dict.fromkeys((nick, f"{nick}_", *alternatives(nick, DEFAULT_LENGTH))))


def with_visible_host(mask: str, line: Line) -> str:
    """Our `user@host` after RPL_VISIBLEHOST (396), where some send the user name too."""
    user = mask.partition("@")[0]
    return f"{user}@{line.param(1).rpartition('@')[2]}" if user else ""
