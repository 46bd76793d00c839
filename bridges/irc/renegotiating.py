"""Capabilities that a server adds or takes away while we are in: IRCv3 cap-notify.

It comes with CAP 302: a module is loaded or taken out, or services go away and come back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridges.irc import refusals
from bridges.irc.handshake import useful
from bridges.irc.multiline import CAPABILITY as MULTILINE
from bridges.irc.sasl import Challenges, Exchange, exchange, pieces
from bridges.irc.session import Session
from bridges.irc.spoofing import CAPABILITY as RELAYING
from bridges.irc.sts import wanted_port
from bridges.irc.wire import Line, compose

_SASL_REFUSED = frozenset({"902", "904", "905", "906", "908"})


@dataclass(slots=True)
class Renegotiating:
    """Of one connection. `changed` is told of each change, and returns what to send for it.

    `upgrade` is told where there is TLS, on a connection without it.
    """

    session: Session
    changed: Callable[[], list[str]]
    upgrade: Callable[[int], None]
    _offered: dict[str, str] = field(default_factory=dict)
    _signed_out: bool = False
    _exchange: Exchange | None = None
    _challenges: Challenges = field(default_factory=Challenges)

    def take(self, line: Line) -> list[str]:
        """What to answer; raises `LoginError` where an account is refused that was ours."""
        match line.command, line.params:
            case "CAP", (_, "NEW", *_):
                return self._added(line.param(-1).split())
            case "CAP", (_, "DEL", *_):
                return self._set(self.session.capabilities - {*line.param(-1).split()})
            case "CAP", (_, "ACK", *_):
                return self._granted(line.param(-1).split())
            case ("900" | "901") as signed, _:
                self._signed_out = signed == "901"
            case "AUTHENTICATE", _ if self._exchange is not None:
                return self._answer(self._exchange, line)
            case (("903" | "907"), _):
                self._exchange = None
            case refused, _ if refused in _SASL_REFUSED and self._exchange is not None:
                refusals.raise_if_refused(line)
        return []

    def _added(self, offered: list[str]) -> list[str]:
        names = dict(capability.partition("=")[::2] for capability in offered)
        self._offered |= names
        if (sts := names.get("sts")) is not None and (gone := self._strict(sts)):
            return gone
        listens = self.session.identity is not None and self.session.identity.listens
        wanted = sorted(useful(listens=listens) & names.keys() - self.session.capabilities)
        if "sasl" in names and self._signed_out and self.session.account is not None:
            wanted.append("sasl")
        news = self._set(self.session.capabilities)  # of what is there, there may be another value
        return [*news, *(compose("CAP", "REQ", name) for name in wanted)]

    def _strict(self, sts: str) -> list[str]:
        """What to send for a promise of TLS (IRCv3 sts); it is never asked for."""
        if self.session.secure:
            self.session.sts = sts
        elif port := wanted_port(sts):
            self.upgrade(port)
            return [compose("QUIT", "Coming back with TLS")]
        return []

    def _granted(self, names: list[str]) -> list[str]:
        added = {name for name in names if not name.startswith("-")}
        gone = {name.removeprefix("-") for name in names} - added
        written = self._set(self.session.capabilities - gone | added)
        if "sasl" in added and self._signed_out and self.session.account is not None:
            self._exchange = exchange(self.session.account, self._offered.get("sasl", ""))
            written.append(compose("AUTHENTICATE", self._exchange.name))
        return written

    def _set(self, capabilities: frozenset[str]) -> list[str]:
        session = self.session
        session.capabilities = capabilities
        session.relay_marks = self._value(RELAYING, session.relay_marks)
        session.multiline = self._value(MULTILINE, session.multiline)
        return self.changed()

    def _value(self, name: str, before: str) -> str:
        """What a server says of a capability; before it said anything new, the sign-in did."""
        return self._offered.get(name, before) if name in self.session.capabilities else ""

    def _answer(self, exchanging: Exchange, line: Line) -> list[str]:
        challenge = self._challenges.take(line.param(0))
        if challenge is None:
            return []
        answer = exchanging.answer(challenge)
        return [compose("AUTHENTICATE", piece) for piece in pieces(answer)]
