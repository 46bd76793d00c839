"""How much of a chat's past is read, and the reading of it in pages, oldest first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bridgekit.clock import Clock
from bridgekit.events import Content, RemoteEvent
from bridgekit.ids import ChatID, MessageID
from bridgekit.incoming import storable
from bridgekit.supports import SupportsHistory

PAGE = 100
PATIENCE = 120.0  # seconds for a page
MOST = 1_000  # events of one chat, however long ago `since` is


@dataclass(frozen=True, slots=True)
class History:
    """What a new room gets: the `last` so many messages, or all `since` then; 0 and None: nothing.

    `gap` is how many are read at most after an outage.
    """

    last: int = 0
    since: datetime | None = None
    gap: int = 500

    @property
    def wanted(self) -> bool:
        return bool(self.last or self.since)

    @property
    def past(self) -> int:
        """How many events a new room can get."""
        return self.last if self.since is None else MOST

    @property
    def most(self) -> int:
        """How many events one reading can bring."""
        return max(self.gap, self.past)


class Past:
    """One reading of one chat: `after` a message or `since` a moment, else as `History` says.

    `newest` is the last message there was; None: there was none, or none with an ID that can be
    stored.
    """

    def __init__(
        self,
        client: SupportsHistory,
        chat: ChatID,
        history: History,
        clock: Clock,
        after: MessageID | None = None,
        since: datetime | None = None,
    ) -> None:
        self._client, self._chat, self._history, self._clock = client, chat, history, clock
        self._after, self._since = after, since
        self._missed = after is not None or since is not None
        self.most = history.gap if self._missed else history.past
        self.cut_short = False
        self.newest = after

    def pages(self) -> AsyncIterator[Sequence[RemoteEvent[Content]]]:
        return self._later() if self._missed else self._latest()

    async def _later(self) -> AsyncIterator[Sequence[RemoteEvent[Content]]]:
        left, after, since = self.most, self._after, self._since
        while left > 0:
            limit = min(PAGE, left)
            page = await self._page(after=after, since=since, limit=limit)
            if page:
                yield page
            last = _last_id(page)
            self.newest = _newest(page) or self.newest
            if len(page) < limit or last is None or last == after:
                return
            after, since, left = last, None, left - len(page)
        self.cut_short = bool(await self._page(after=after, limit=1))

    async def _latest(self) -> AsyncIterator[Sequence[RemoteEvent[Content]]]:
        """Networks tell the past backwards, page by page; a room shows it forwards."""
        found: list[RemoteEvent[Content]] = []
        before: MessageID | None = None
        while len(found) < self.most:
            limit = min(PAGE, self.most - len(found))
            page = await self._page(before=before, limit=limit)
            if before is None:
                self.newest = _newest(page)
            wanted = [event for event in page if not self._too_old(event)]
            found[:0] = wanted
            first = _last_id(page[::-1])
            if len(wanted) < limit or first is None or first == before:
                break
            before = first
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]

    async def _page(
        self,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> list[RemoteEvent[Content]]:
        """Raises `TimeoutError` where the network says nothing for too long."""
        events = self._client.history(
            self._chat, after=after, before=before, since=since, limit=limit
        )
        async with self._clock.timeout(PATIENCE):
            return [event async for event in events]

    def _too_old(self, event: RemoteEvent[Content]) -> bool:
        since, at = self._history.since, event.at
        if since is None or at is None:
            return False
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) < since


def _last_id(page: Sequence[RemoteEvent[Content]]) -> MessageID | None:
    return next((event.id for event in reversed(page) if event.id is not None), None)


def _newest(page: Sequence[RemoteEvent[Content]]) -> MessageID | None:
    return _last_id([event for event in page if storable(event)])
