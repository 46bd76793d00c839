"""Membership as a desired state: where the network has people, and the way there on Matrix.

What the network says is stored with what it delivered; a reconciler brings the rooms after it, so
join and leave of one ghost cancel out and a restart loses nothing. A message waits for nobody's
membership but its own sender's, which it sees to itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.events import MemberState
from bridgekit.ghosts import Ghosts
from bridgekit.ids import PortalID, RemoteUserID, RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Ghost, Portal, Want, lane_to_matrix
from bridgekit.portals import Portals
from bridgekit.queue import Queue
from bridgekit.store.intake import Put
from bridgekit.store.people import People, save_actual, save_settled
from bridgekit.store.writer import Writer

log = structlog.get_logger()

BATCH = 50
RETRY_AFTER = 5.0
AT_ONCE = 4  # changes under way side by side, in all rooms
KEPT = 50_000
BELIEVED = 300.0  # seconds for which a refusal is not tried again, unless somebody moves the ghost
OUT = (MemberState.LEAVE, MemberState.BAN)

Namer = Callable[[Ghost], Awaitable[Ghost]]
Key = tuple[PortalID, RemoteUserID]


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
        self._actual: LRU[Key, MemberState] = LRU(KEPT)
        self._expelled: LRU[Key, bool] = LRU(KEPT)
        self._refused: LRU[Key, tuple[float, Refused]] = LRU(KEPT)
        self._locks: KeyedLocks[tuple[RoomID, UserID]] = KeyedLocks()
        self._moved: dict[PortalID, dict[RemoteUserID, None]] = {}
        self._dirty: dict[PortalID, None] = {}
        self._busy: set[PortalID] = set()
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def ensure_joined(self, portal: Portal, ghost: Ghost) -> None:
        """The ghost is in the portal's room on return; raises `Refused` if it may not be."""
        if await self._known(portal.id, ghost.user) is MemberState.JOIN:
            return
        assert portal.room is not None  # noqa: S101 (only bound portals have members)
        async with self._locks.hold((portal.room, ghost.mxid)):
            known = await self._known(portal.id, ghost.user)
            if known is MemberState.JOIN:
                return
            if known is MemberState.BAN:
                raise Refused("The ghost is banned from the room", "M_FORBIDDEN", 403)
            await self._enter(portal.id, portal.room, ghost)
            await self._confirm(portal.id, ghost.user, MemberState.JOIN)
        await self._after_words(portal, ghost.user)

    def doubt(self, portal: Portal, ghost: Ghost) -> None:
        """The homeserver said that the ghost is not where we thought: believe nothing."""
        self._actual.put((portal.id, ghost.user), MemberState.LEAVE)

    async def observed(self, room: RoomID, user: UserID, membership: str) -> None:
        """The homeserver tells of a ghost of ours; somebody else may have moved it.

        Only a hint: what is pushed is late, and may be what we did ourselves before the last move.
        """
        remote = await self._ghosts.remote_user(user)
        if remote is None or membership not in (MemberState.JOIN, *OUT):
            return
        for portal in await self._portals.in_room(room):
            if portal.key.network != remote.network:
                continue
            known = await self._known(portal.id, remote.user)
            if known != membership and (known is not None or membership != MemberState.LEAVE):
                self._moved.setdefault(portal.id, {})[remote.user] = None
                self.wake(portal.id)

    def wake(self, portal: PortalID) -> None:
        """Somebody of this portal may not be where they should be. A hint."""
        self._dirty[portal] = None
        self._woken.set()

    @property
    def busy(self) -> bool:
        """Whether somebody may not be where they should be, as far as is known."""
        return bool(self._dirty or self._busy)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        for portal in await self._people.drifted():
            self.wake(portal)
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for portal in [one for one in self._dirty if one not in self._busy]:
                    del self._dirty[portal]
                    self._busy.add(portal)
                    group.create_task(self._reconcile(portal), name="members")
                await self._woken.wait()

    async def _reconcile(self, portal: PortalID) -> None:
        """Work on one room until all is as it should be."""
        try:
            while await self._round(await self._portals.get(portal)):
                pass
        except RetryLater as error:
            self._clock.call_later(error.after or RETRY_AFTER, lambda: self.wake(portal))
        except Exception as error:  # noqa: BLE001 (the store, say: one room must not stop all others)
            log.warning("membership waits", portal=portal, error=type(error).__name__)
            self._clock.call_later(RETRY_AFTER, lambda: self.wake(portal))
        finally:
            self._busy.discard(portal)
            self._woken.set()

    async def _round(self, portal: Portal) -> bool:
        """Do what is known to be wrong; True if there may be more to do."""
        if portal.room is None or not self._ghosts.bridged(portal.key.network):
            return False
        moved = self._moved.get(portal.id, {})
        for user in list(moved):
            async with self._slots:
                await self._look(portal, portal.room, user)
            del moved[user]
        if not moved:
            self._moved.pop(portal.id, None)
        wants = await self._people.drift(portal.id, BATCH)
        leaving = [want for want in wants if want.state is not MemberState.JOIN]
        for want in wants:
            if want.state is MemberState.JOIN:
                async with self._slots:
                    await self._join(portal, portal.room, want)
        if leaving:
            await self._queue.idle(lane_to_matrix(portal.id))  # their last words come first
        for want in leaving:
            async with self._slots:
                await self._leave(portal, portal.room, want)
        return len(wants) == BATCH

    async def _join(self, portal: Portal, room: RoomID, want: Want) -> None:
        try:
            ghost = await self._name(await self._ghosts.ensure(portal.key.network, want.user))
            await self.ensure_joined(portal, ghost)
        except Refused as refused:
            await self._give_up(portal, room, want, refused)

    async def _leave(self, portal: Portal, room: RoomID, want: Want) -> None:
        if await self._known(portal.id, want.user) is not MemberState.JOIN:
            # They came and went before we did anything: there is nothing to do, nobody to make.
            await self._confirm(portal.id, want.user, want.state)
            return
        ghost = await self._ghosts.ensure(portal.key.network, want.user)
        try:
            async with self._locks.hold((room, ghost.mxid)):
                if await self._people.wanted(portal.id, want.user) is want.state:
                    await self._intents.leave(ghost.mxid, room, want.reason)
                    await self._confirm(portal.id, want.user, want.state)
        except Refused as refused:
            await self._give_up(portal, room, want, refused)

    async def _give_up(self, portal: Portal, room: RoomID, want: Want, refused: Refused) -> None:
        log.warning("membership refused", room=room, user=want.user, why=str(refused))
        known = await self._known(portal.id, want.user)
        await self._settle(portal, want.user, known or MemberState.LEAVE)

    async def _look(self, portal: Portal, room: RoomID, user: RemoteUserID) -> None:
        """Ask where a ghost is that somebody may have moved, and let it be so."""
        ghost = await self._ghosts.ensure(portal.key.network, user)
        async with self._locks.hold((room, ghost.mxid)):
            try:
                content = await self._intents.state(room, "m.room.member", ghost.mxid, ghost.mxid)
            except Refused:
                return
            found = (content or {}).get("membership", MemberState.LEAVE)
            self._refused.forget((portal.id, user))
            known = await self._known(portal.id, user)
            if found not in (MemberState.JOIN, *OUT) or found == known:
                return
            if found == MemberState.JOIN:
                await self._confirm(portal.id, user, MemberState.JOIN)
                return
            self._expelled.put((portal.id, user), True)
            await self._settle(portal, user, MemberState(found))

    async def _after_words(self, portal: Portal, user: RemoteUserID) -> None:
        """A message brought them in: who was put out is there again, who has left leaves again."""
        if self._expelled.get((portal.id, user)):
            self._expelled.forget((portal.id, user))
            await self._writer.write(Put(wants=[Want(portal.id, user, MemberState.JOIN)]))
        elif await self._people.wanted(portal.id, user) is not MemberState.JOIN:
            self.wake(portal.id)

    async def _enter(self, portal: PortalID, room: RoomID, ghost: Ghost) -> None:
        until, refused = self._refused.get((portal, ghost.user)) or (0.0, None)
        if refused is not None and self._clock.monotonic() < until:
            raise refused
        try:
            await self._knock(room, ghost)
        except Refused as error:
            until = self._clock.monotonic() + BELIEVED
            self._refused.put((portal, ghost.user), (until, error))
            raise

    async def _knock(self, room: RoomID, ghost: Ghost) -> None:
        with suppress(Refused):
            await self._intents.join(ghost.mxid, room)
            return
        await self._intents.invite(room, ghost.mxid)
        with suppress(Refused):
            await self._intents.join(ghost.mxid, room)
            return
        # Invited and still refused: the homeserver may have lost the account (a restored backup).
        await self._ghosts.renew(ghost)
        await self._intents.join(ghost.mxid, room)

    async def _settle(self, portal: Portal, user: RemoteUserID, state: MemberState) -> None:
        """Where they are is where they shall be."""
        self._actual.put((portal.id, user), state)
        await self._writer.write(save_settled(portal.id, {user: state}))

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
