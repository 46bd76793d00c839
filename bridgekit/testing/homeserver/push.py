"""Pushing to one application service as Synapse does: in order, one transaction at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from bridgekit.clock import Clock
from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.changes import Changes
from bridgekit.testing.homeserver.outbound import Outbound, UnreachableError
from bridgekit.testing.homeserver.rooms import Event, Room
from bridgekit.testing.homeserver.world import World

JSON = dict[str, Any]

_MOST_EVENTS = 100  # Synapse's MAX_PERSISTENT_EVENTS_PER_TRANSACTION, and of ephemeral ones
_SLOWEST_BACK_OFF = 9  # 2 ** 9 seconds
_OK = 200


@dataclass(frozen=True, slots=True)
class Transaction:
    id: str
    events: tuple[JSON, ...]
    ephemeral: tuple[JSON, ...] = ()


class Pusher:
    """The queue towards one application service; survives restarts of the fake.

    A transaction that fails is repeated with its ID and its content, after 2, 4, 8 … seconds of
    the clock, until it is accepted; all that happens meanwhile waits behind it.
    """

    def __init__(self, service: AppService, world: World, outbound: Outbound) -> None:
        self.service = service
        self.delivered: list[Transaction] = []
        self.attempts = 0
        self._world = world
        self._outbound = outbound
        self._clock: Clock = world.clock
        self._changes: Changes = world.changes
        self._events: deque[JSON] = deque()
        self._ephemeral: deque[JSON] = deque()
        self._unsent: deque[Transaction] = deque()
        self._keeps_back = False
        self.kept_back: list[Transaction] = []
        self._count = 0
        self._failures = 0
        self._work = asyncio.Event()
        self._retry = asyncio.Event()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def idle(self) -> bool:
        """Everything that was to be pushed has been accepted."""
        return not (self._events or self._ephemeral or self._unsent or self.kept_back)

    def offer(self, room: Room, event: Event) -> None:
        if self.service.url is None or not self._wants(room, event):
            return
        shown = event.for_clients(self._world.now())
        if self._failures:
            self._unsent.append(self._number((shown,)))
        else:
            self._events.append(shown)
        self._work.set()

    def offer_ephemeral(self, room: Room, event: JSON) -> None:
        # Synapse keeps no ephemeral events for a service that is down.
        service = self.service
        wanted = (service.ephemeral or service.unstable_ephemeral) and self._wants_room(room)
        if wanted and not self._failures and (visible := self._visible(event)):
            self._ephemeral.append(visible)
            self._work.set()

    def _visible(self, event: JSON) -> JSON | None:
        """Private receipts are for those whose namespace the reader is in."""
        if event["type"] != "m.receipt":
            return event
        content = {
            target: {kind: self._readers(kind, readers) for kind, readers in receipts.items()}
            for target, receipts in event["content"].items()
        }
        seen = any(readers for kinds in content.values() for readers in kinds.values())
        return {**event, "content": content} if seen else None

    def _readers(self, kind: str, readers: JSON) -> JSON:
        if kind != "m.read.private":
            return readers
        return {user: data for user, data in readers.items() if self.service.knows_user(user)}

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def keep_back(self) -> None:
        """Store the next transaction and go on without it, as Synapse does with what is said just
        as a service comes back: it is sent with the next failure.
        """
        self._keeps_back = True

    def retry_now(self) -> None:
        """End the back-off, as a ping that succeeds does (Synapse since 1.132)."""
        if self._failures:
            self._retry.set()

    async def run(self) -> None:
        """Push for ever; cancelling drops the connection, and what was on it is sent again."""
        while True:
            await self._work.wait()
            await self._open.wait()
            transaction = self._next()
            if transaction is None:
                self._work.clear()
            elif self._keeps_back:
                self._keeps_back = False
                self.kept_back.append(self._unsent.popleft())
                self._changes.notify()
            elif not await self._deliver(transaction):
                await self._back_off()

    def _next(self) -> Transaction | None:
        if not self._unsent and (self._events or self._ephemeral):
            self._unsent.append(self._number(_some(self._events), _some(self._ephemeral)))
        return self._unsent[0] if self._unsent else None

    def _number(self, events: tuple[JSON, ...], ephemeral: tuple[JSON, ...] = ()) -> Transaction:
        self._count += 1
        return Transaction(str(self._count), events, ephemeral)

    async def _deliver(self, transaction: Transaction) -> bool:
        self.attempts += 1
        if await self.send(transaction) != _OK:
            self._failures += 1
            while self.kept_back:
                self._unsent.appendleft(self.kept_back.pop())
            while self._events:  # what gathered meanwhile goes before all that happens from now on
                self._unsent.append(self._number(_some(self._events)))
            self._changes.notify()
            return False
        self._unsent.popleft()
        self._failures = 0
        self._retry.clear()
        self.delivered.append(transaction)
        self._changes.notify()
        return True

    async def send(self, transaction: Transaction) -> int | None:
        """PUT it once; the status, or None if there was no answer."""
        body: JSON = {"events": list(transaction.events)}
        if self.service.ephemeral:
            body["ephemeral"] = list(transaction.ephemeral)
        if self.service.unstable_ephemeral:
            body["de.sorunome.msc2409.ephemeral"] = list(transaction.ephemeral)
        try:
            return await self._outbound.push(self.service, transaction.id, body)
        except UnreachableError:
            return None

    async def _back_off(self) -> None:
        seconds = 2 ** min(self._failures, _SLOWEST_BACK_OFF)
        timer = self._clock.call_later(seconds, self._retry.set)
        try:
            await self._retry.wait()
        finally:
            self._retry.clear()
            timer.cancel()

    def _wants(self, room: Room, event: Event) -> bool:
        knows = self.service.knows_user
        about_one = event.type == "m.room.member" and knows(event.state_key or "")
        return knows(event.sender) or about_one or self._wants_room(room)

    def _wants_room(self, room: Room) -> bool:
        service = self.service
        return (
            service.knows_room(room.id)
            or any(service.knows_alias(alias) for alias in self._world.aliases_of(room.id))
            or any(service.knows_user(member) for member in room.members())
        )


def _some(queue: deque[JSON]) -> tuple[JSON, ...]:
    return tuple(queue.popleft() for _ in range(min(_MOST_EVENTS, len(queue))))
