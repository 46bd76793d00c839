"""Where ghosts are, as far as the homeserver has told: remembered while they move, else stored."""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.events import MemberState
from bridgekit.ids import PortalID, RemoteUserID, RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.store.members import MemberRows, save_actual, save_settled, save_unwanted
from bridgekit.store.writer import Writer

KEPT = 50_000
BELIEVED = 300.0  # seconds for which a refusal is not tried again, unless somebody moves the ghost

Key = tuple[PortalID, RemoteUserID]
Place = tuple[RoomID, UserID]  # what one room refused says nothing of the next


class Whereabouts:
    """Of all ghosts in all rooms."""

    def __init__(self, rows: MemberRows, writer: Writer, clock: Clock) -> None:
        self._rows, self._writer, self._clock = rows, writer, clock
        self.forget()

    def forget(self) -> None:
        """Read all of it again: a portal has another room, which happens rarely."""
        self._actual: LRU[Key, MemberState] = LRU(KEPT)
        self._refused: LRU[Place, tuple[float, Refused]] = LRU(KEPT)

    async def known(self, portal: PortalID, user: RemoteUserID) -> MemberState | None:
        """Where they are; None if nobody ever said."""
        known = self._actual.get((portal, user))
        if known is None:
            known = await self._rows.actual(portal, user)
            if known is not None:
                self._actual.put((portal, user), known)
        return known

    def doubt(self, portal: PortalID, user: RemoteUserID) -> None:
        """They are not where we thought: believe nothing, but that they were banned meanwhile."""
        if self._actual.get((portal, user)) is not MemberState.BAN:
            self._actual.put((portal, user), MemberState.LEAVE)

    async def confirm(
        self, portal: PortalID, user: RemoteUserID, state: MemberState, *, banned: bool = False
    ) -> None:
        """The homeserver says so; `banned`: and it was us."""
        await self._writer.write(save_actual(portal, {user: state}, banned=banned))
        self._actual.put((portal, user), state)

    async def settle(self, portal: PortalID, user: RemoteUserID, state: MemberState) -> None:
        """Where they are is where they shall be."""
        self._actual.put((portal, user), state)
        await self._writer.write(save_settled(portal, {user: state}))

    async def expelled(self, portal: PortalID, user: RemoteUserID, state: MemberState) -> None:
        """Somebody on Matrix put them out; they stay there until they speak, then they are back."""
        if state is MemberState.BAN:
            await self.settle(portal, user, state)
            return
        self._actual.put((portal, user), state)
        await self._writer.write(save_unwanted(portal, user))

    def refused(self, room: RoomID, user: UserID, error: Refused) -> None:
        until = self._clock.monotonic() + BELIEVED
        self._refused.put((room, user), (until, error))

    def ask_again(self, room: RoomID, user: UserID) -> None:
        """Somebody moved them: what was refused may be granted now."""
        self._refused.forget((room, user))

    def refusal(self, room: RoomID, user: UserID) -> Refused | None:
        """Why they were refused lately; None: they were not."""
        until, error = self._refused.get((room, user)) or (0.0, None)
        return error if self._clock.monotonic() < until else None
