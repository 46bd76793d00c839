"""People who have no connection of their own, under a nick of their own: IRCv3 draft/relaymsg.

The server marks such a nick with a character that no other may have. Where a channel does not allow
it, they are named in front of what they say, as on any other server.
"""

from bridgekit import ChatID, MatrixEvent, Message, MessageKind
from bridges.irc.nicks import is_channel, nick_for

CAPABILITY = "draft/relaymsg"
COMMAND = "RELAYMSG"
_BEHIND = "mx"  # what follows the mark, and says where they are


class Spoofing:
    """Of one connection. `marks` are the characters that a server allows; "": it allows none."""

    def __init__(self, marks: str, nick_length: int) -> None:
        self._nick_length = nick_length
        self._refused: set[ChatID] = set()
        self.allow(marks)

    def allow(self, marks: str) -> None:
        """The server allows these from now on."""
        self._behind = f"{marks[0]}{_BEHIND}" if marks else ""
        self._room = self._nick_length - len(self._behind)

    def nick(self, event: MatrixEvent[Message]) -> str | None:
        """Under which an event can be said; None: it has to be said otherwise."""
        if not (self._behind and event.relayed and is_channel(event.chat.id)):
            return None
        if event.content.kind is not MessageKind.TEXT or event.chat.id in self._refused:
            return None
        nick = nick_for(event.author.name, "")
        return None if nick is None else f"{nick[: self._room]}{self._behind}"

    def refused(self, chat: ChatID) -> None:
        """The channel does not allow it."""
        self._refused.add(chat)
