"""Homeserver transactions between the inbox, the store and the lanes: the inbox's `Ledger`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bridgekit.clock import Clock
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.ids import JobID
from bridgekit.lanes.crowding import Crowding
from bridgekit.lanes.journey import millis
from bridgekit.lanes.queue import Queue
from bridgekit.models import Draft, SetAside, StoredTransaction
from bridgekit.public_links import Redacted
from bridgekit.store.encryption import Change
from bridgekit.store.intake import AcceptTransaction, Put, Take
from bridgekit.store.store import Store
from bridgekit.store.transactions import recent, unread

HINTS = 30.0  # seconds between two


class Transactions:
    """Accepting is one commit, splitting is another; each may be repeated. Taking is both."""

    def __init__(
        self, store: Store, queue: Queue, waiting: Callable[[], WaitingSettings], clock: Clock
    ) -> None:
        self._store, self._queue, self._clock = store, queue, clock
        self._crowding = Crowding(queue.brought, None, waiting)
        self._hint = 0.0

    def refuses(self) -> bool:
        return self._store.writer.failing or self._crowding.full()

    async def accept(self, txn: str, digest: str, body: str) -> int | None:
        self._crowding.admit()
        accept = AcceptTransaction(txn, digest, body, millis(self._clock))
        row = await self._store.writer.write(accept)
        self._spoke()
        return row

    async def take(self, txn: str, digest: str, drafts: Sequence[Draft]) -> bool:
        self._crowding.admit()
        at = millis(self._clock)
        put = Put(drafts, at)
        hand_over = self._queue.handing_over(put)

        def stored(ids: Sequence[JobID | None] | None) -> None:
            if ids is not None:
                hand_over(ids)

        take = Take(AcceptTransaction(txn, digest, None, at), put)
        new = await self._store.writer.write(take, then=stored) is not None
        self._spoke()
        return new

    async def unread(self) -> Sequence[StoredTransaction]:
        return await unread(self._store.reader)

    async def recent(self, limit: int) -> Mapping[str, str]:
        return await recent(self._store.reader, limit)

    async def split(
        self,
        transaction: int,
        drafts: Sequence[Draft],
        set_aside: Sequence[SetAside],
        redacted: Sequence[Redacted] = (),
        also: Sequence[Change] = (),
    ) -> None:
        at = millis(self._clock)
        put = Put(
            *(drafts, at, transaction),
            set_aside=set_aside,
            redacted=redacted,
            also=also,
        )
        await self._queue.put(put)

    def _spoke(self) -> None:
        """The homeserver does: what it failed before may go now."""
        now = self._clock.monotonic()
        if now >= self._hint:
            self._hint = now + HINTS
            self._queue.wake("homeserver")
