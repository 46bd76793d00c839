"""Membership as a desired state: where the network has people, and the way there on Matrix.

What the network says is stored with what it delivered; the reconciler brings the rooms after it,
so join and leave of one ghost cancel out and a restart loses nothing. A message waits for nobody's
membership but its own sender's, which it sees to itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.events import MemberState
from bridgekit.ids import PortalID, RemoteUserID, RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.moves import Moves
from bridgekit.membership.reconciler import Reconciler
from bridgekit.membership.whereabouts import Whereabouts
from bridgekit.models import Ghost, Portal, Want
from bridgekit.person.ghosts import Ghosts
from bridgekit.room.portals import Portals
from bridgekit.store.members import MemberRows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

OUT = (MemberState.LEAVE, MemberState.BAN)

Namer = Callable[[Portal, Ghost], Awaitable[Ghost]]


class Members:
    """Who is in which room, and who should be."""

    def __init__(
        self,
        rows: MemberRows,
        writer: Writer,
        intents: Intents,
        ghosts: Ghosts,
        portals: Portals,
        clock: Clock,
        moves: Moves,
        name: Namer,
    ) -> None:
        self.rows, self._intents, self._ghosts = rows, intents, ghosts
        self._portals, self._moves, self._name = portals, moves, name
        self._where = Whereabouts(rows, writer, clock)
        self._locks: KeyedLocks[tuple[RoomID, UserID]] = KeyedLocks()
        self._moved: dict[PortalID, dict[RemoteUserID, None]] = {}
        self._reconciler: Reconciler | None = None

    # What messages need

    async def ensure_joined(self, portal: Portal, ghost: Ghost) -> None:
        """The ghost is in the portal's room on return; raises `Refused` if it may not be."""
        if await self._where.known(portal.id, ghost.user) is MemberState.JOIN:
            return
        assert portal.room is not None  # noqa: S101 (only bound portals have members)
        async with self._locks.hold((portal.room, ghost.mxid)):
            known = await self._where.known(portal.id, ghost.user)
            if known is MemberState.JOIN:
                return
            if known is MemberState.BAN:
                await self._pardon(portal, portal.room, ghost)
            await self._enter(portal.room, ghost)
            await self._unless_given_up(portal, portal.room, ghost)
            await self._where.confirm(portal.id, ghost.user, MemberState.JOIN)
        await self._after_words(portal, ghost.user)

    async def _unless_given_up(self, portal: Portal, room: RoomID, ghost: Ghost) -> None:
        """Who entered while the room was unlinked, or replaced, goes again."""
        if (await self._portals.get(portal.id)).room == room:
            return
        networks = {other.key.network for other in await self._portals.in_room(room)}
        if portal.key.network not in networks:
            await self._intents.leave(ghost.mxid, room)
        raise RetryLater("Its chat has left this room", after=0.1)

    def doubt(self, portal: Portal, ghost: Ghost) -> None:
        """The homeserver said that the ghost is not where we thought: believe nothing."""
        self._where.doubt(portal.id, ghost.user)

    async def _after_words(self, portal: Portal, user: RemoteUserID) -> None:
        """A message brought them in: who has left leaves again."""
        want = await self.rows.want(portal.id, user)
        if want is not None and want.state is not MemberState.JOIN:
            self.wake(portal.id)

    async def _enter(self, room: RoomID, ghost: Ghost) -> None:
        refusal = self._where.refusal(room, ghost.mxid)
        if refusal is not None:
            raise refusal
        try:
            await self._moves.enter(room, ghost)
        except Refused as error:
            self._where.refused(room, ghost.mxid, error)
            raise

    async def _pardon(self, portal: Portal, room: RoomID, ghost: Ghost) -> None:
        """Take a ban back that was the network's, which it has taken back; no other."""
        want = await self.rows.want(portal.id, ghost.user)
        ours = await self.rows.banned_by_us(portal.id, ghost.user)
        if want is None or want.state is MemberState.BAN or not ours:
            raise Refused("The ghost is banned from the room", "M_FORBIDDEN", 403)
        await self._moves.unban(portal, room, ghost, want)
        await self._where.confirm(portal.id, ghost.user, MemberState.LEAVE)

    def rehomed(self, portal: PortalID) -> None:
        """The portal has another room now: nobody is known to be in it, whoever should be joins."""
        self._where.forget()
        self._moved.pop(portal, None)
        self.wake(portal)

    # Hints

    def attach(self, reconciler: Reconciler) -> None:
        """Who brings the rooms after what is wished; it needs us first."""
        self._reconciler = reconciler

    @property
    def busy(self) -> bool:
        """Whether somebody may not be where they should be, as far as is known."""
        return self._reconciler is not None and self._reconciler.busy

    def wake(self, portal: PortalID) -> None:
        """Somebody of this portal may not be where they should be. A hint."""
        if self._reconciler is not None:
            self._reconciler.wake(portal)

    async def observed(self, room: RoomID, user: UserID, membership: str, by: UserID) -> None:
        """The homeserver tells of a ghost of ours; somebody else may have moved it.

        Only a hint: what is pushed is late, and may be what we did ourselves before the last move.
        """
        remote = await self._ghosts.remote_user(user)
        if remote is None or membership not in (MemberState.JOIN, *OUT):
            return
        if by == user and membership != MemberState.JOIN:
            return  # nobody put it out: we had it leave, as from a room that is being unlinked
        for portal in await self._portals.in_room(room):
            if portal.key.network != remote.network:
                continue
            known = await self._where.known(portal.id, remote.user)
            if known != membership and (known is not None or membership != MemberState.LEAVE):
                self._moved.setdefault(portal.id, {})[remote.user] = None
                self.wake(portal.id)

    # What the reconciler asks for

    async def look(self, portal: Portal, room: RoomID) -> None:
        """See where the ghosts are that somebody may have moved, and let it be so."""
        moved = self._moved.get(portal.id, {})
        while moved:
            user, _ = moved.popitem()  # before we look: who is moved meanwhile is looked at again
            try:
                await self._look(portal, room, user)
            except BaseException:
                moved[user] = None
                raise
        self._moved.pop(portal.id, None)

    async def _look(self, portal: Portal, room: RoomID, user: RemoteUserID) -> None:
        ghost = await self._ghosts.ensure(portal.key.network, user)
        async with self._locks.hold((room, ghost.mxid)):
            try:
                content = await self._intents.state(room, "m.room.member", ghost.mxid, ghost.mxid)
            except Refused:
                return
            found = (content or {}).get("membership", MemberState.LEAVE)
            self._where.ask_again(room, ghost.mxid)
            known = await self._where.known(portal.id, user)
            if found not in (MemberState.JOIN, *OUT) or found == known:
                return
            if found == MemberState.JOIN:
                await self._where.confirm(portal.id, user, MemberState.JOIN)
            else:
                await self._where.expelled(portal.id, user, MemberState(found))

    async def bring(self, portal: Portal, want: Want) -> None:
        """Join whoever should be there."""
        try:
            ghost = await self._ghosts.ensure(portal.key.network, want.user)
            ghost = await self._name(portal, ghost)
            await self.ensure_joined(portal, ghost)
        except Refused as refused:
            await self._give_up(portal, want.user, refused)

    async def take_out(self, portal: Portal, room: RoomID, user: RemoteUserID) -> None:
        """Let go, put out, ban or pardon whoever should not be there; it is asked anew who."""
        known = await self._where.known(portal.id, user)
        if known not in (MemberState.JOIN, MemberState.BAN):
            want = await self.rows.want(portal.id, user)
            if want is not None and want.state is MemberState.LEAVE:
                if known is not None or not await self._ghosts.known(portal.key.network, user):
                    # They came and went before we did anything: there is nobody to make.
                    await self._where.confirm(portal.id, user, MemberState.LEAVE)
                    return
                await self._look(portal, room, user)  # an earlier process may have let them in
        ghost = await self._ghosts.ensure(portal.key.network, user)
        try:
            async with self._locks.hold((room, ghost.mxid)):
                want = await self.rows.want(portal.id, user)
                if want is not None and want.state is not MemberState.JOIN:
                    await self._take_out(portal, room, ghost, want)
        except Refused as refused:
            await self._give_up(portal, user, refused)

    async def _take_out(self, portal: Portal, room: RoomID, ghost: Ghost, want: Want) -> None:
        known = await self._where.known(portal.id, ghost.user)
        match want.state, known:
            case MemberState.BAN, _:
                await self._moves.ban(portal, room, ghost, want)
                await self._where.confirm(portal.id, ghost.user, want.state, banned=True)
            case _, MemberState.BAN:
                await self._pardon(portal, room, ghost)
            case _, MemberState.JOIN:
                await self._moves.leave(portal, room, ghost, want)
                await self._where.confirm(portal.id, ghost.user, want.state)
            case _:
                await self._where.confirm(portal.id, ghost.user, want.state)

    async def _give_up(self, portal: Portal, user: RemoteUserID, refused: Refused) -> None:
        log.warning("membership refused", room=portal.room, user=user, why=str(refused))
        known = await self._where.known(portal.id, user)
        await self._where.settle(portal.id, user, known or MemberState.LEAVE)
