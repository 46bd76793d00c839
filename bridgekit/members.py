"""Membership as a desired state: where the network has people, and the way there on Matrix.

What the network says is stored with what it delivered; a reconciler brings the rooms after it, so
join and leave of one ghost cancel out and a restart loses nothing. A message waits for nobody's
membership but its own sender's, which it sees to itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.events import MemberState
from bridgekit.ghosts import Ghosts
from bridgekit.ids import PortalID, RemoteUserID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Ghost, Portal, Want, lane_to_matrix
from bridgekit.portals import Portals
from bridgekit.queue import Queue
from bridgekit.store.people import People, save_actual, save_settled
from bridgekit.store.writer import Writer

log = structlog.get_logger()

BATCH = 50
RETRY_AFTER = 5.0
AT_ONCE = 4  # rooms reconciled side by side
KEPT = 50_000

Namer = Callable[[Ghost], Awaitable[Ghost]]


class Members:
    """Who is in which room, and who should be."""

    def __init__(
        self,
        people: People,
        writer: Writer,
        intents: Intents,
        ghosts: Ghosts,
        portals: Portals,
        queue: Queue,
        clock: Clock,
        name: Namer,
    ) -> None:
        self._people, self._writer, self._intents = people, writer, intents
        self._ghosts, self._portals, self._queue, self._clock = ghosts, portals, queue, clock
        self._name = name
        self._actual: LRU[tuple[PortalID, RemoteUserID], MemberState] = LRU(KEPT)
        self._locks: dict[tuple[RoomID, UserID], tuple[asyncio.Lock, int]] = {}
        self._dirty: dict[PortalID, None] = {}
        self._woken = asyncio.Event()

    async def ensure_joined(self, portal: Portal, ghost: Ghost) -> None:
        """The ghost is in the portal's room on return; raises `Refused` if it may not be."""
        if await self._known(portal.id, ghost.user) is MemberState.JOIN:
            return
        assert portal.room is not None  # noqa: S101 (only bound portals have members)
        async with self._alone(portal.room, ghost.mxid):
            if await self._known(portal.id, ghost.user) is MemberState.JOIN:
                return
            await self._enter(portal.room, ghost.mxid)
            await self._confirm(portal.id, ghost.user, MemberState.JOIN)
        if await self._people.wanted(portal.id, ghost.user) is not MemberState.JOIN:
            self.wake(portal.id)  # they have left meanwhile: only the message brought them

    async def observed(self, room: RoomID, user: UserID, membership: str) -> None:
        """The homeserver says where a ghost of ours is; somebody else may have moved it."""
        remote = await self._ghosts.remote_user(user)
        if remote is None or membership not in (*MemberState,):
            return
        state = MemberState(membership)
        for portal in await self._portals.in_room(room):
            if portal.key.network != remote.network or state is MemberState.INVITE:
                continue
            known = await self._known(portal.id, remote.user)
            if known is MemberState.JOIN and state in (MemberState.LEAVE, MemberState.BAN):
                self._actual.put((portal.id, remote.user), state)
                await self._writer.write(save_settled(portal.id, {remote.user: state}))

    def wake(self, portal: PortalID) -> None:
        """Somebody of this portal may not be where they should be. A hint."""
        self._dirty[portal] = None
        self._woken.set()

    async def run(self) -> None:
        """Reconcile until cancelled."""
        for portal in await self._people.drifted():
            self.wake(portal)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._reconcile(), name="members")

    async def _reconcile(self) -> None:
        while True:
            while not self._dirty:
                self._woken.clear()
                await self._woken.wait()
            portal = next(iter(self._dirty))
            del self._dirty[portal]
            try:
                again = await self._reconcile_portal(await self._portals.get(portal))
            except RetryLater as error:
                self._clock.call_later(error.after or RETRY_AFTER, partial(self.wake, portal))
            except Refused as refused:
                log.warning("membership refused", portal=portal, why=str(refused))
            else:
                if again:
                    self.wake(portal)

    async def _reconcile_portal(self, portal: Portal) -> bool:
        """Work on one room for a while; True if there may be more to do."""
        if portal.room is None:
            return False
        wants = await self._people.drift(portal.id, BATCH)
        for want in wants:
            await self._satisfy(portal, portal.room, want)
        return len(wants) == BATCH

    async def _satisfy(self, portal: Portal, room: RoomID, want: Want) -> None:
        ghost = await self._ghosts.ensure(portal.key.network, want.user)
        try:
            if want.state is MemberState.JOIN:
                await self._name(ghost)
                await self.ensure_joined(portal, ghost)
                return
            await self._queue.idle(lane_to_matrix(portal.id))  # their last words come first
            async with self._alone(room, ghost.mxid):
                if await self._people.wanted(portal.id, want.user) is want.state:
                    await self._intents.leave(ghost.mxid, room, want.reason)
                    await self._confirm(portal.id, want.user, want.state)
        except Refused as refused:
            log.warning("membership refused", room=room, user=ghost.mxid, why=str(refused))
            await self._writer.write(save_settled(portal.id, {want.user: MemberState.LEAVE}))

    async def _enter(self, room: RoomID, user: UserID) -> None:
        try:
            await self._intents.join(user, room)
        except Refused:
            await self._intents.invite(room, user)
            await self._intents.join(user, room)

    async def _confirm(self, portal: PortalID, user: RemoteUserID, state: MemberState) -> None:
        await self._writer.write(save_actual(portal, {user: state}))
        self._actual.put((portal, user), state)

    async def _known(self, portal: PortalID, user: RemoteUserID) -> MemberState | None:
        known = self._actual.get((portal, user))
        if known is None:
            known = await self._people.actual(portal, user)
            if known is not None:
                self._actual.put((portal, user), known)
        return known

    @asynccontextmanager
    async def _alone(self, room: RoomID, user: UserID) -> AsyncIterator[None]:
        """One change of one ghost in one room at a time; saves work, nothing stands on it."""
        lock, users = self._locks.get((room, user), (asyncio.Lock(), 0))
        self._locks[room, user] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop((room, user))
            if users > 1:
                self._locks[room, user] = (lock, users - 1)
