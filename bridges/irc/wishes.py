"""The commands by which people set something for themselves, or for a room, such as `ignore`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridgekit import ChatID, Host, Login, LoginState, Rank, Rejected
from bridges.irc.modes import rank_of
from bridges.irc.network import Network
from bridges.irc.session import Session
from bridges.irc.wire import compose, printable, shortened

OWN = frozenset({"ignore", "unignore", "features", "quit"})
_RULES = frozenset({Rank.MODERATOR, Rank.ADMIN, Rank.OWNER})
_REASON = 200  # bytes
_MOST = 200  # lines
_SHARED = (
    "In rooms that others read as well, what they say stays: ignore them there in your Matrix"
    " client, whose list is yours alone."
)


@dataclass(slots=True)
class Wishes:
    """Of one connection."""

    login: Login
    session: Session
    network: Network
    host: Host

    async def run(self, name: str, words: Sequence[str]) -> str:
        """One of `OWN`; returns the answer."""
        answer = self._answer(name, tuple(words))
        await self.network.save(self.host)
        return answer

    def _answer(self, name: str, words: tuple[str, ...]) -> str:
        personal, login = self.network.personal, self.login.id
        match name, words:
            case "ignore", ():
                return self._ignored()
            case "ignore", (whom,):
                mask = personal.ignore(login, whom)
                return f"You hear nothing more from {printable(mask)} in private. {_SHARED}"
            case "unignore", (whom,):
                before = "again" if personal.hear(login, whom) else "as before"
                return f"You hear from {printable(whom)} {before}."
            case "features", ():
                return self._features()
            case "features", ("mentions", ("on" | "off") as wanted):
                personal.call(login, wanted=wanted == "on")
                told = "are told" if wanted == "on" else "are not told"
                return f"You {told} when somebody on IRC says your nick."
            case "quit", reason:
                return self._quit(" ".join(reason))
        raise Rejected("Write: ignore [NICK|MASK], unignore NICK|MASK, features [mentions on|off].")

    def _ignored(self) -> str:
        masks = ", ".join(map(printable, self.network.personal.ignored(self.login.id)))
        return f"You ignore {masks or 'nobody'}. {_SHARED}"

    def _features(self) -> str:
        called = "on" if self.network.personal.called(self.login.id) else "off"
        offered = ", ".join(sorted(self.session.capabilities)) or "nothing beyond RFC 1459"
        return f"mentions: {called}\nThe server offers: {offered}"

    def _quit(self, reason: str) -> str:
        words = shortened(printable(reason), _REASON) or "quit"
        self.session.connection.write(compose("QUIT", words))
        self.host.state(self.login.id, LoginState.OFFLINE, "You have quit IRC.")
        return "You have left IRC. The rooms stay; what you say next brings you back."

    async def lines(self, chat: ChatID, words: Sequence[str]) -> str:
        """How many lines a message may have in a channel; who runs it may change that."""
        chat = ChatID(self.network.fold(chat))
        match tuple(words):
            case ():
                pass
            case ("default",):
                self._check(chat)
                self.network.lines.pop(chat)
            case (number,) if number.isdecimal() and 0 < int(number) <= _MOST:
                self._check(chat)
                self.network.lines[chat] = str(int(number))
            case _:
                raise Rejected(f"Write: lines [#CHANNEL] [NUMBER|default], up to {_MOST}.")
        await self.network.save(self.host)
        most = self.network.most_lines(chat)
        if most is None:
            return f"In {chat} it is as on the rest of the network how long a message may be."
        return f"In {chat} a message of more than {most} lines becomes a link to a page."

    def _check(self, chat: ChatID) -> None:
        own = self.network.user(self.session.nick)
        if rank_of(self.network.modes(chat, own) or "") not in _RULES:
            raise Rejected(f"Only an operator of {chat} may set that, under a nick of their own.")
