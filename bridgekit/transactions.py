"""Homeserver transactions between the inbox, the store and the lanes: the inbox's `Ledger`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bridgekit.clock import Clock
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.lanes.crowding import Crowding
from bridgekit.lanes.journey import millis
from bridgekit.lanes.queue import Queue
from bridgekit.models import Draft, SetAside, StoredTransaction
from bridgekit.public_links import Redacted
from bridgekit.store.encryption import Change
from bridgekit.store.intake import AcceptTransaction, Put
from bridgekit.store.store import Store
from bridgekit.store.transactions import recent, unread

HINTS = 30.0  # seconds between two


class Transactions:
    """Accepting is one commit, splitting is another; each may be repeated."""

    def __init__(
        self, store: Store, queue: Queue, waiting: Callable[[], WaitingSettings], clock: Clock
    ) -> None:
        self._store, self._queue, self._clock = store, queue, clock
        self._crowding = Crowding(queue.brought, None, waiting)
        self._hint = 0.0

    async def accept(self, txn: str, digest: str, body: str) -> int | None:
        self._crowding.admit()
        accept = AcceptTransaction(txn, digest, body, millis(self._clock))
        row = await self._store.writer.write(accept)
        now = self._clock.monotonic()
        if now >= self._hint:  # it speaks to us: what it failed before may go now
            self._hint = now + HINTS
            self._queue.wake("homeserver")
        return row

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
