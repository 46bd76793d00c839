"""Homeserver transactions: stored before they are answered, then split to lanes strictly in order.

Both steps are safe to repeat, and one commit where a few messages come to an inbox that has nothing
to do. The store is handed in (`Ledger`), as is the knowledge of which events concern whom
(`Sorter`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.matrix.counting import REMEMBERED, KeptBack, Numbers, Recount
from bridgekit.matrix.encrypted import Opening
from bridgekit.matrix.ephemeral import NowTyping, Read, heard
from bridgekit.matrix.splitting import Sorter, Splitting, nobody
from bridgekit.matrix.transaction import digest_of, only_events
from bridgekit.models import Draft, SetAside, StoredTransaction
from bridgekit.public_links import Redacted

log = structlog.get_logger()


class Ledger(Protocol):
    """Where transactions are kept."""

    def refuses(self) -> bool:
        """Whether it takes nothing now: the store fails, or too much waits."""

    async def accept(self, txn: str, digest: str, body: str) -> int | None:
        """Store one; durable on return. None: it is a repetition."""

    async def take(self, txn: str, digest: str, drafts: Sequence[Draft]) -> bool:
        """Accept one and split it, in one commit. False: it is a repetition, and leaves nothing."""

    async def unread(self) -> Sequence[StoredTransaction]:
        """What was accepted and not split, oldest first."""

    async def recent(self, limit: int) -> Mapping[str, str]:
        """The digests of the last transactions by ID, also of those that are split."""

    async def split(
        self,
        transaction: int,
        drafts: Sequence[Draft],
        set_aside: Sequence[SetAside],
        redacted: Sequence[Redacted] = (),
        also: Sequence[Any] = (),
    ) -> None:
        """Jobs to their lanes and "transaction done", in one commit, with changes that are `also`
        due to these events.

        So is the end of the public links to what was `redacted`, in whatever room: one that is
        linked no more has no job that could do it later.
        """


class Listener(Protocol):
    """Whom typing and receipts concern."""

    async def hear(self, news: Sequence[Read | NowTyping]) -> None:
        """Called again with what is repeated. What must not be lost is stored on return."""


async def _as_it_is(_: Mapping[str, Any]) -> None:
    """Nothing of a transaction is to be hidden."""


@dataclass(slots=True)
class _Progress:
    accepted: int = 0
    split: int = 0


class Inbox:
    """One per registration."""

    def __init__(
        self,
        ledger: Ledger,
        sorter: Sorter,
        clock: Clock,
        retry_after: float = 1.0,
        listener: Listener | None = None,
        hidden: Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]] = _as_it_is,
        opening: Callable[[str], Opening | None] = nobody,
    ) -> None:
        """`hidden` gives a transaction as it may be stored; None: as it is. `opening`: see
        `Splitting`.
        """
        self._ledger, self._splitting = ledger, Splitting(sorter, clock, opening)
        self._clock, self._retry_after = clock, retry_after
        self._listener, self._hidden = listener, hidden
        self._queue: deque[StoredTransaction] = deque()
        self._changed = asyncio.Condition()
        self._count = _Progress()
        self._earlier, self._runs, self._storing = 0, False, 0
        self._entrance = asyncio.Lock()
        self._numbers, self._recount = Numbers(), Recount()

    async def accept(self, txn: str, body: str, content: Mapping[str, Any]) -> None:
        """Store a transaction; durable on return. Raises if it could not be stored, and `KeptBack`
        if others are to be sent first.
        """
        events = bool(content.get("events"))
        early = events and self._numbers.early(txn)
        new = not events or (not early and await self._accept(txn, body, content))
        # Behind its events: what was read may be among them. It does not come a second time.
        if self._listener is not None and (news := list(heard(content))):
            await self._listener.hear(news)
        if early:
            log.info("a transaction is missing: the homeserver is to send it first", before=txn)
            raise KeptBack
        if new:
            self._numbers.took(txn, events=events)

    async def _accept(self, txn: str, body: str, content: Mapping[str, Any]) -> bool:
        """Whether it is new."""
        digest = digest_of(txn, body, content)
        hidden = await self._hidden(content)
        if hidden is not None or any(value for name, value in content.items() if name != "events"):
            body = only_events(body, content if hidden is None else hidden)
        events = content["events"] if hidden is None else None
        drafts = await self._at_once(txn, digest, body, events)
        # Nothing is awaited between the door and the one or the other: nobody has come through it.
        new = None if drafts is None else await self._take(txn, digest, drafts)
        if new is None:
            new = await self.again(self._ledger.accept(txn, digest, body), txn, body)
        if new:
            self._recount.took(txn, digest)
        return new

    async def _at_once(self, txn: str, digest: str, body: str, events: Any) -> list[Draft] | None:
        """The jobs of a transaction that may be split as it is accepted; None: it may not."""
        async with self._entrance:  # what is being sorted is before what comes now
            if not self._idle or self._ledger.refuses() or self._recount.knows(txn, digest):
                return None
            before = self._count.accepted
            drafts = await self._splitting.at_once(body, events)
            same = self._idle and self._count.accepted == before  # also what it was sorted by
            return drafts if same else None

    @property
    def _idle(self) -> bool:
        """Whether all that came before is in the lanes, for what comes now to be sorted by."""
        return self._runs and not self._queue and not self._storing

    async def _take(self, txn: str, digest: str, drafts: Sequence[Draft]) -> bool | None:
        """Whether it is new; None: it has to be accepted first."""
        self._storing += 1
        try:
            return await self._ledger.take(txn, digest, drafts)
        except RetryLater:  # not now: nor could it be accepted
            raise
        except Exception as error:  # noqa: BLE001 (accepted, it can wait until its cause is found)
            log.warning("not stored with its jobs", txn=txn, error=type(error).__name__)
            return None
        finally:
            self._storing -= 1

    async def again(self, storing: Awaitable[int | None], txn: str, body: str) -> bool:
        """What `storing` makes a transaction, of the homeserver's or the bridge's own, is split
        after those that came before. It is its row, or None where it is a repetition: then False.
        """
        self._storing += 1
        try:
            row = await storing
            if row is not None:
                await self._append(row, txn, body)
            return row is not None
        finally:
            self._storing -= 1

    async def _append(self, row: int, txn: str, body: str) -> None:
        async with self._changed:
            self._queue.append(StoredTransaction(row, txn, body))
            self._count.accepted += 1
            self._changed.notify_all()

    async def recall(self) -> None:
        """Before anything can come: what an earlier process left is first, and told apart."""
        self._queue.extend(await self._ledger.unread())
        self._recount.recall(await self._ledger.recent(REMEMBERED))
        self._earlier = self._count.accepted = len(self._queue)

    async def split_earlier(self) -> None:
        """Before `run`: split what an earlier process has left, and nothing that came since."""
        while self._count.split < self._earlier:
            await self._next()

    async def run(self) -> None:
        """Split transactions until cancelled, those of an earlier process first."""
        self._runs = True
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._queue))
            await self._next()

    async def _next(self) -> None:
        await self._split(self._queue[0])
        async with self._changed:
            self._queue.popleft()
            self._count.split += 1
            self._changed.notify_all()

    async def drained(self) -> None:
        """Return once everything that the homeserver has given us by now is in the lanes."""
        until = self._count.accepted
        async with self._changed:
            await self._changed.wait_for(lambda: self._count.split >= until)

    async def _split(self, transaction: StoredTransaction) -> None:
        while True:
            try:
                split = await self._splitting.of(transaction)
                kept = split.set_aside, split.redacted, split.also
                await self._ledger.split(transaction.id, split.drafts, *kept)
            except Exception as error:  # noqa: BLE001 (the order of all rooms hangs on this one loop)
                log.warning("transaction waits", txn=transaction.txn, error=type(error).__name__)
                await self._clock.sleep(self._retry_after)
            else:
                split.over()
                return
