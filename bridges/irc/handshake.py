"""Signing in to an IRC server, without I/O: which lines to send for which lines received.

RFC 2812 §3.1, IRCv3 capability negotiation and SASL. A server that knows no CAP just welcomes us.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bridgekit import LoginError, RetryLater, Scope
from bridges.irc import refusals
from bridges.irc.features import Features
from bridges.irc.nicks import DEFAULT_LENGTH, alternatives, nick_for
from bridges.irc.sasl import Account, Challenges, Exchange, Mechanism, exchange, pieces
from bridges.irc.sts import UpgradeError, wanted_port
from bridges.irc.wire import Line, compose

# Exactly what is used: times and IDs of messages, knowing what became of our own, every mode of
# whoever has several, so that one that is taken leaves the other; changes of our own host; and what
# lets people refer to messages.
WANTED = frozenset(
    {
        *("server-time", "message-tags", "batch", "labeled-response", "echo-message"),
        *("multi-prefix", "chghost", "cap-notify"),
        *("draft/multiline", "draft/relaymsg", "account-tag"),
        *("draft/chathistory", "draft/event-playback", "draft/message-redaction"),
    }
)
# Who others in a channel are, for whoever may have to tell of it; to hear that for each of five
# hundred people once more would be a waste.
_ABOUT_OTHERS = frozenset(
    {
        *("account-notify", "extended-join", "away-notify", "setname", "invite-notify"),
        "userhost-in-names",
    }
)


def useful(*, listens: bool) -> frozenset[str]:
    """The capabilities that a connection asks for, where the server has them."""
    return WANTED | _ABOUT_OTHERS if listens else WANTED


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom to sign in. `listens`: to channels, for everybody.

    `modes` are those of a user that it takes; None: that of bots, where the server says which that
    is. `sasl_before`: the network has offered SASL, so that where it does not, services are away.
    """

    nick: str
    username: str
    realname: str
    password: str = field(default="", repr=False)
    account: Account | None = None
    webirc: tuple[str, ...] = field(default=(), repr=False)  # its parameters; () without it
    listens: bool = False
    modes: str | None = ""
    sasl_before: bool = False

    @property
    def by_sasl(self) -> bool:
        return self.account is not None and self.account.mechanism is not Mechanism.NICKSERV


class Handshake:
    """Feed it every line until `done`; `nick` is then what the server calls us."""

    def __init__(
        self,
        identity: Identity,
        nick_length: int | None,
        features: Features,
        *,
        secure: bool = True,
    ) -> None:
        """`secure`: the connection has TLS; without, `UpgradeError` says where there is one."""
        self.nick = ""
        self.mask = ""
        self.capabilities: set[str] = set()
        self.done = False
        self.recognised = False
        """Services have said that they know the account."""
        self._identity = identity
        self._features = features
        self._nicks = _candidates(identity, nick_length)
        self.offered: dict[str, str] = {}
        self._secure = secure
        self._open_requests = 0
        self._exchange: Exchange | None = None
        self._challenges = Challenges()
        self._signed_in = not identity.by_sasl

    def start(self) -> list[str]:
        """What to send first: all that needs no answer."""
        who = self._identity
        password = [compose("PASS", who.password)] if who.password else []
        gateway = [compose("WEBIRC", *who.webirc)] if who.webirc else []
        return [
            *gateway,
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
            case command if command in refusals.NICK_NUMERICS and not self.nick:
                return [compose("NICK", self._next_nick())]
        self._note(line)
        return self._marked() if self.done else self._welcomed(line)

    def _marked(self) -> list[str]:
        """Take the modes that we should have: of a bot, the one of IRCv3 bot-mode."""
        modes, bot = self._identity.modes, self._features.bot_mode
        modes = (f"+{bot}" if bot else "") if modes is None else modes
        return [compose("MODE", self.nick, modes)] if modes else []

    def _welcomed(self, line: Line) -> list[str]:
        """Sign in where there is no SASL. Nobody waits for what NickServ says: it tells people."""
        account = self._identity.account
        if line.command != "001" or account is None or account.mechanism is not Mechanism.NICKSERV:
            return []
        return [compose("PRIVMSG", "NickServ", f"IDENTIFY {account.name} {account.password}")]

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
            case "900":
                self.recognised = True
            case _:
                refusals.raise_if_refused(line)

    def _welcome(self, line: Line) -> None:
        if not self._signed_in:
            raise LoginError(
                "This IRC server offers no SASL; set mechanism: nickserv, or remove sasl."
            )
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
            case (_, "NEW", offered):
                self._learn(offered)
            case (_, "DEL", gone):
                self.capabilities.difference_update(gone.split())
        return []

    def _learn(self, offered: str) -> None:
        for capability in offered.split():
            name, _, value = capability.partition("=")
            self.offered[name] = value

    def _request(self) -> list[str]:
        if not self._secure and (port := wanted_port(self.offered.get("sts", ""))):
            raise UpgradeError(port)
        wanted = sorted(useful(listens=self._identity.listens) & self.offered.keys())
        account = self._identity.account
        if account is not None and self._identity.by_sasl:
            if "sasl" not in self.offered and self._identity.sasl_before:
                why = "This IRC server offers no SASL now: the network's services seem to be away."
                raise RetryLater(why, scope=Scope.LOGIN)
            self._exchange = exchange(account, self.offered.get("sasl"))
            wanted.append("sasl")
        # One at a time: a server that grants not all of a request grants none of it.
        self._open_requests = len(wanted)
        return [compose("CAP", "REQ", name) for name in wanted] or self._maybe_end()

    def _granted(self, names: list[str]) -> list[str]:
        self.capabilities.update(names)
        self._open_requests -= 1
        if "sasl" in names and self._exchange is not None:
            return [compose("AUTHENTICATE", self._exchange.name)]
        return self._maybe_end()

    def _credentials(self, line: Line) -> list[str]:
        challenge = self._challenges.take(line.param(0))
        if challenge is None or self._exchange is None:
            return []
        answer = self._exchange.answer(challenge)
        return [compose("AUTHENTICATE", piece) for piece in pieces(answer)]

    def _maybe_end(self) -> list[str]:
        return ["CAP END"] if self._signed_in and self._open_requests <= 0 else []


def _candidates(who: Identity, length: int | None) -> Iterator[str]:
    """Behind all variants of the nick, those of the user name, which no two of us share."""
    nicks = [who.nick, nick_for(who.username, "") or who.nick]
    most = length or DEFAULT_LENGTH
    varied = [one for nick in nicks for one in alternatives(nick, most)]
    # Where the limit comes after the nick, the server may take it, cut it, or refuse it.
    first = () if length is not None else (who.nick, f"{who.nick}_")
    return iter(dict.fromkeys((*first, *varied)))


def with_visible_host(mask: str, line: Line) -> str:
    """Our `user@host` after RPL_VISIBLEHOST (396), where some send the user name too."""
    user = mask.partition("@")[0]
    return f"{user}@{line.param(1).rpartition('@')[2]}" if user else ""
