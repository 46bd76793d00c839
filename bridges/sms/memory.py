"""What was said last in each conversation: for reactions, which quote it, and for doubtful sends.

In memory only: after a restart a reaction to what was said before it is shown as the text it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit import ChatID, MessageID
from bridges.sms.tapbacks import Recent, Tapback

TALKS = 2_000
MESSAGES = 20_000  # of which it is known where they were said


class Memory:
    """Of the conversations that spoke last."""

    def __init__(self) -> None:
        self._talks: dict[ChatID, Recent] = {}
        self._where: dict[MessageID, ChatID] = {}

    def add(self, chat: ChatID, ids: Sequence[MessageID], text: str) -> None:
        """Something was said, by either side."""
        recent = self._talks.pop(chat, None) or Recent()
        recent.add(ids, text)
        self._talks[chat] = recent
        self._where |= dict.fromkeys(ids, chat)
        while len(self._talks) > TALKS:
            del self._talks[next(iter(self._talks))]
        while len(self._where) > MESSAGES:
            del self._where[next(iter(self._where))]

    def where(self, message: MessageID) -> ChatID | None:
        """The conversation in which it was said; None if that is not remembered."""
        return self._where.get(message)

    def knows(self, chat: ChatID, message: MessageID) -> bool:
        recent = self._talks.get(chat)
        return recent is not None and recent.knows(message)

    def target(self, chat: ChatID, reaction: Tapback) -> MessageID | None:
        """The newest message that a reaction quotes; None if none is remembered."""
        recent = self._talks.get(chat)
        return None if recent is None else recent.target(reaction)
