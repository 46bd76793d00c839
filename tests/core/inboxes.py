"""What an inbox stands on, in memory: a ledger, a sorter, and transactions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from bridgekit.clock import SystemClock
from bridgekit.errors import RetryLater
from bridgekit.matrix.inbox import Inbox
from bridgekit.models import Lane, SetAside, StoredTransaction, lane_of_room


class Ledger:
    """As the store keeps it; `down` refuses to."""

    def __init__(self) -> None:
        self.digests: dict[str, int] = {}
        self.open: dict[int, StoredTransaction] = {}
        self.split_up: list[tuple[int, list[str], list[SetAside]]] = []
        self.bodies: list[str] = []
        self.redacted: list[tuple[str, str]] = []
        self.down, self.passed_by, self.earlier = False, 0, dict[str, str]()
        self.taken: list[str] = []
        self.crowded = False
        self.fails: list[Exception] = []
        self.gate: asyncio.Event | None = None

    def refuses(self) -> bool:
        return self.crowded

    async def accept(self, txn: str, digest: str, body: str) -> int | None:
        if self.gate is not None:
            await self.gate.wait()
        if self.down or self.crowded:
            raise RetryLater("down, or crowded")
        if digest in self.digests:
            return None
        number = self.digests[digest] = len(self.digests) + 1
        self.open[number] = StoredTransaction(number, txn, body)
        self.bodies += [body] if body else []
        return number

    async def unread(self) -> list[StoredTransaction]:
        return list(self.open.values())

    async def recent(self, limit: int) -> dict[str, str]:
        return dict([*self.earlier.items()][:limit])

    async def take(self, txn: str, digest: str, drafts) -> bool:
        if self.fails:
            raise self.fails.pop(0)
        number = await self.accept(txn, digest, "")
        if number is not None:
            self.taken.append(txn)
            await self.split(number, drafts, ())
        return number is not None

    async def split(self, transaction, drafts, set_aside, redacted=(), _also=()) -> None:
        if self.down:
            raise RetryLater("down")
        self.redacted.extend((one.room, one.event) for one in redacted)
        self.open.pop(transaction, None)
        self.split_up.append((transaction, [one.source for one in drafts], list(set_aside)))


class Sorter:
    """`fails` says what it raises for which event."""

    def __init__(self) -> None:
        self.fails: dict[str, list[Exception]] = {}
        self.waits: dict[str, asyncio.Event] = {}
        self.before: list[set[Lane]] = []

    async def sort(self, event, before) -> list[SimpleNamespace]:
        self.before.append(set(before))
        if event["event_id"] in self.waits:
            await self.waits[event["event_id"]].wait()
        errors = self.fails.get(event["event_id"])
        if errors:
            raise errors.pop(0)
        return [SimpleNamespace(source=event["event_id"], lane=lane_of_room(event["room_id"]))]


def event(name: str, **fields: object) -> dict[str, object]:
    known = {"event_id": name, "room_id": "!r:x", "sender": "@a:x", "type": "t", "content": {}}
    return known | fields


def body(*events: object, **more: object) -> tuple[str, dict[str, object]]:
    content = {"events": list(events), **more}
    return json.dumps(content), content


Start = Callable[[Ledger, Sorter], Awaitable[Inbox]]


@asynccontextmanager
async def inboxes(**options: Any) -> AsyncIterator[Start]:
    """Begins them; they run from when somebody next waits, until this ends."""
    async with asyncio.TaskGroup() as group:
        tasks = []

        async def begin(ledger: Ledger, sorter: Sorter) -> Inbox:
            inbox = Inbox(ledger, sorter, SystemClock(), retry_after=0.001, **options)
            await inbox.recall()
            tasks.append(group.create_task(inbox.run()))
            return inbox

        yield begin
        for task in tasks:
            task.cancel()
