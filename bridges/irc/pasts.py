"""The past of channels, as the server tells it in batches: IRCv3 draft/chathistory."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from bridgekit import ChatID, MessageID, RetryLater
from bridges.irc.telling import Events

_LOST = "the connection is down"


@dataclass(slots=True)
class Page:
    """One batch: the events of others in it, how many lines it had, and the ID of the last."""

    events: Events = field(default_factory=list)
    lines: int = 0
    last: MessageID | None = None


class Pasts:
    """What was asked for, oldest first; a batch that nobody asked for is no news."""

    def __init__(self) -> None:
        self._asked: dict[ChatID, deque[asyncio.Future[Page]]] = {}
        self._open: dict[str, tuple[asyncio.Future[Page], Page]] = {}

    def ask(self, chat: ChatID) -> asyncio.Future[Page]:
        """What will hold the next batch about `chat`."""
        answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(chat, deque()).append(answer)
        return answer

    def begins(self, reference: str, chat: ChatID) -> None:
        waiting = self._asked.get(chat)
        if waiting:
            self._open[reference] = (waiting.popleft(), Page())
            if not waiting:
                del self._asked[chat]

    def add(self, reference: str, name: str | None, events: Events) -> None:
        """A line of a batch, the ID of its message, and what it tells."""
        if reference in self._open:
            _, page = self._open[reference]
            page.events += events
            page.lines += 1
            page.last = MessageID(name) if name else page.last

    def ends(self, reference: str) -> None:
        answer, page = self._open.pop(reference, (None, Page()))
        if answer is not None and not answer.done():
            answer.set_result(page)

    def refused(self, chat: ChatID | None, why: str) -> None:
        """The server does not tell; `chat` is None where it does not say of which."""
        chats = list(self._asked) if chat is None else [chat]
        for one in chats:
            for answer in self._asked.pop(one, ()):
                _fail(answer, why)

    def lost(self) -> None:
        """The connection is gone."""
        self.refused(None, _LOST)
        for answer, _ in self._open.values():
            _fail(answer, _LOST)
        self._open.clear()


def _fail(answer: asyncio.Future[Page], why: str) -> None:
    if not answer.done():
        answer.set_exception(RetryLater(f"IRC does not tell its history: {why}"))
