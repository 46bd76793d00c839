"""Takes a network down for good: people are signed out, rooms left, addresses and ghosts end.

What is done stays done: given again, it goes on where it was. The network is held meanwhile, so
that nothing makes anew what was just taken down.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bridgekit.clock import Clock
from bridgekit.ids import NetworkName, PortalID, RemoteUserID, RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.networks import Networks
from bridgekit.operating.brake import Brake, Held
from bridgekit.room.portals import Portals
from bridgekit.room.preview import Preview
from bridgekit.room.spaces import Spaces
from bridgekit.room.unlinking import Unlinking
from bridgekit.store.people import People
from bridgekit.store.retiring import RetiringRows, forget_ghost
from bridgekit.store.writer import Writer

log = structlog.get_logger()

PAGE = 100
GOODBYE = "The bridge to this network was taken down."
Progress = Callable[[str], Awaitable[None]]


class Retiring:
    """`deactivate` ends an account, `sign_out` somebody's login, of which they are told.

    Raises `RetryLater` where the homeserver asks for a pause.
    """

    def __init__(
        self,
        brake: Brake,
        networks: Networks,
        portals: Portals,
        unlinking: Unlinking,
        spaces: Spaces,
        people: People,
        rows: RetiringRows,
        writer: Writer,
        intents: Intents,
        deactivate: Callable[[UserID], Awaitable[None]],
        sign_out: Callable[[LoginRow], Awaitable[object]],
        clock: Clock,
    ) -> None:
        self._brake, self._networks, self._portals = brake, networks, portals
        self._unlinking, self._spaces, self._people = unlinking, spaces, people
        self._rows, self._writer, self._intents = rows, writer, intents
        self._deactivate, self._sign_out, self._clock = deactivate, sign_out, clock

    async def preview(self, network: NetworkName) -> Preview:
        """What follows."""
        rooms, ghosts = await self._rows.left(network)
        return Preview(
            [
                f"{network} is held: nothing crosses any more, in either direction.",
                f"People who are signed out, and told so: {await self._signed_in(network)}.",
                f"Rooms that are left: {rooms}. Aliases and directory entries go; people stay.",
                f"Ghosts that are deactivated: {ghosts}. Their names cannot be used ever again.",
                "The spaces of the network go. What was said stays.",
                "Nothing of this can be taken back.",
            ]
        )

    async def retire(self, network: NetworkName, by: UserID, progress: Progress) -> tuple[int, int]:
        """How many rooms were left, and how many ghosts would not be deactivated."""
        await self._brake.hold(Held(network), by, millis(self._clock))
        rooms = await self._rooms(network, progress)
        await self._spaces_of(network)
        async for login in self._people.logins(network, LoginKind.SIGNED_IN):
            await self._sign_out(login)
            await progress("People are signed out …")
        return rooms, await self._ghosts(network, progress)

    async def _rooms(self, network: NetworkName, progress: Progress) -> int:
        done, after = 0, PortalID(-1)
        while found := await self._rows.portals(network, after, PAGE):
            after = found[-1]
            for number in found:
                await self._leave(number)
                done += 1
                await progress(f"{done} rooms are left …")
        return done

    async def _signed_in(self, network: NetworkName) -> int:
        found = self._people.logins(network, LoginKind.SIGNED_IN)
        return sum([1 async for _ in found])

    async def _leave(self, number: PortalID) -> None:
        portal = await self._portals.get(number)
        room = portal.room
        await self._unlinking.unlink(portal)
        if room is None or await self._portals.in_room(room):
            return  # another chat is in it
        for listed in (portal.key.network, None):
            with suppress(Refused):  # it never was
                await self._intents.list_publicly(room, listed, listed=False)
        with suppress(Refused):  # the bot was put out
            await self._intents.leave(self._intents.bot, RoomID(room), GOODBYE)

    async def _spaces_of(self, network: NetworkName) -> None:
        await self._spaces.take_down((network, None))
        for kind in LoginKind:
            async for login in self._people.logins(network, kind):
                await self._spaces.take_down((network, login.id))

    async def _ghosts(self, network: NetworkName, progress: Progress) -> int:
        done, refused, after = 0, 0, RemoteUserID("")
        while found := await self._rows.ghosts(network, after, PAGE):
            after = found[-1].user
            for ghost in found:
                try:
                    await self._deactivate(ghost.mxid)
                except Refused as error:
                    refused += 1
                    log.warning("a ghost is not deactivated", user=ghost.mxid, why=str(error))
                else:
                    await self._writer.write(forget_ghost(ghost))
                    done += 1
                await progress(f"{done} ghosts are deactivated …")
        return refused
