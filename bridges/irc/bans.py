"""Who was banned from a channel by which mask, so that the end of that ban is the end of theirs."""

from collections.abc import Callable, Iterable

from bridgekit import ChatID, RemoteUserID
from bridges.irc.remembered import Remembered


class Bans:
    """Of one network. `fold` is its case mapping; what is known outlives a restart."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self.known = Remembered("bans")
        self._fold = fold

    def set(self, chat: ChatID, mask: str, users: Iterable[RemoteUserID]) -> None:
        """A mask was banned that is for these, who were there."""
        if banned := " ".join(users):
            self.known[self._name(chat, mask)] = banned

    def add(self, chat: ChatID, mask: str, user: RemoteUserID) -> None:
        """It turned out that it is for somebody, too."""
        before = (self.known[self._name(chat, mask)] or "").split()
        self.known[self._name(chat, mask)] = " ".join(dict.fromkeys((*before, user)))

    def lifted(self, chat: ChatID, mask: str) -> list[RemoteUserID]:
        """Whom a mask was for that is not banned any more."""
        return list(map(RemoteUserID, (self.known.pop(self._name(chat, mask)) or "").split()))

    def masks(self, chat: ChatID, user: RemoteUserID) -> list[str]:
        """By which somebody is banned."""
        return [
            name.removeprefix(f"{chat} ")
            for name, users in self.known
            if name.startswith(f"{chat} ") and user in users.split()
        ]

    def _name(self, chat: ChatID, mask: str) -> str:
        return f"{chat} {self._fold(mask)}"
