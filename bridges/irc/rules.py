"""What channels are set to, where rooms have the same: who may speak and who may come in. Pure."""

from collections.abc import Sequence

from bridgekit import ChatID, ChatInfo, Rank
from bridges.irc.modes import ModeChange

KEY = "k"
_MODERATED = "m"
_UNLISTED = "s"  # who is not there finds it in no list
_CLOSING = frozenset({"i", KEY})  # whoever comes in was invited, or was told the key
_SHOWN = _CLOSING | {_MODERATED, _UNLISTED}
_NOT_SHOWN = ("", "*", "<key>")  # what a server says of a key to whom it does not tell it


class Rules:
    """As one connection sees them."""

    def __init__(self) -> None:
        self._set: dict[ChatID, frozenset[str]] = {}
        self._told: set[ChatID] = set()  # whose modes are all known

    def change(
        self, chat: ChatID, changes: Sequence[ModeChange], *, whole: bool
    ) -> ChatInfo | None:
        """What is new; `whole`: these are all modes of a channel, and not what has changed."""
        before = self._set.get(chat, frozenset())
        letters = set() if whole else set(before)
        for change in changes:
            if change.mode in _SHOWN:
                (letters.add if change.added else letters.discard)(change.mode)
        after = self._set[chat] = frozenset(letters)
        first = whole and chat not in self._told
        self._told |= {chat} if whole else set()
        speak = closed = secret = None
        if first or (_MODERATED in before) != (_MODERATED in after):
            speak = Rank.VOICE if _MODERATED in after else Rank.MEMBER
        if first or bool(before & _CLOSING) != bool(after & _CLOSING):
            closed = bool(after & _CLOSING)
        if first or (_UNLISTED in before) != (_UNLISTED in after):
            secret = _UNLISTED in after
        news = ChatInfo(id=chat, may_speak=speak, by_invitation=closed, secret=secret)
        return None if news == ChatInfo(id=chat) else news


def key_in(changes: Sequence[ModeChange]) -> str | None:
    """The key that a channel has now: "" for none any more, None where nothing tells of it."""
    keys = [
        change.argument if change.added else ""
        for change in changes
        if change.mode == KEY and (not change.added or change.argument not in _NOT_SHOWN)
    ]
    return keys[-1] if keys else None
