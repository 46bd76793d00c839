"""Where rooms are shown: in the directory, in the space of their network, in one's own space."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import LoginID, NetworkName, RoomID, UserID
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network
from bridgekit.room.spaces import SpaceKey, Spaces
from bridgekit.room.state import RoomState

log = structlog.get_logger()

LISTED, LISTED_AMONG_ALL = "listed", "listed among all"
CHILD, PARENT = "m.space.child", "m.space.parent"
UNLISTED = "secret"
STAYS = "replaced, and its chat stays"
# Known by these names, but no state of the room.
ELSEWHERE = (LISTED, LISTED_AMONG_ALL, CHILD, UNLISTED, STAYS)
ALLOW = "let the bridge's bot publish rooms (Synapse: `room_list_publication_rules`)"


@dataclass(frozen=True, slots=True)
class Showing:
    """What an operator wants of a network's rooms: listed publicly, in a space of their own.

    `personal`: everybody's direct chats are in a space that only they are in.
    """

    listed: bool = False
    space: bool = False
    personal: bool = False


class Shown:
    """Of all rooms. `owner` tells whose login it is."""

    def __init__(
        self,
        state: RoomState,
        spaces: Spaces,
        intents: Intents,
        namespaces: Namespaces,
        showing: Mapping[NetworkName, Showing],
        owner: Callable[[LoginID], Awaitable[UserID | None]],
    ) -> None:
        self._state, self._spaces, self._intents = state, spaces, intents
        self._namespaces, self._showing, self._owner = namespaces, showing, owner

    async def show(self, portal: Portal, network: Network) -> None:
        """Show the room of a portal wherever the operator wants it; raises `RetryLater`."""
        showing = self._showing.get(network.name, Showing())
        room = _room(portal)
        try:
            if portal.private and showing.personal:
                await self._into_space(portal, room, network)
            if portal.private or not portal.ours:
                return  # the rooms of others are theirs to show
            secret = await self._state.noted(portal, UNLISTED, content=True)
            if showing.space and not secret:
                await self._into_space(portal, room, network)
            elif secret and await self._state.known(portal, CHILD):
                await self._out_of_space(portal, room)
            await self._list(portal, room, listed=showing.listed and not secret)
        except Rejected as error:
            log.warning("a room is not shown", room=room, why=str(error))

    async def withdraw(self, portal: Portal) -> None:
        """Show its room nowhere any more: it is given up."""
        await self._list(portal, _room(portal), listed=False)
        if await self._state.known(portal, CHILD):
            await self._out_of_space(portal, _room(portal))

    async def _list(self, portal: Portal, room: RoomID, *, listed: bool) -> None:
        """Among the rooms of its network, and among all of the homeserver's if it lets us."""
        for name, network in ((LISTED, portal.key.network), (LISTED_AMONG_ALL, None)):
            if not listed and not await self._state.known(portal, name):
                continue
            publish = partial(self._intents.list_publicly, room, network, listed=listed)
            await self._state.once(portal, name, {"listed": listed}, publish, fix=ALLOW)

    async def _into_space(self, portal: Portal, room: RoomID, network: Network) -> None:
        receiver = portal.key.receiver
        person = None if receiver is None else await self._owner(receiver)
        if receiver is not None and person is None:
            return  # nobody's
        title = network.adapter.manifest.title
        space = await self._spaces.ensure(_key(portal), title, person)
        via = {"via": [self._namespaces.domain]}

        async def add() -> None:
            await self._intents.set_state(space, CHILD, via, room)

        await self._state.once(portal, CHILD, {"space": space, **via}, add)
        if portal.ours:
            await self._state.put(portal, PARENT, {**via, "canonical": True}, space)

    async def _out_of_space(self, portal: Portal, room: RoomID) -> None:
        space = await self._spaces.ensure(_key(portal), portal.key.network)

        async def remove() -> None:
            await self._intents.set_state(space, CHILD, {}, room)

        await self._state.once(portal, CHILD, {}, remove)
        if portal.ours:
            await self._state.put(portal, PARENT, {}, space)


def _key(portal: Portal) -> SpaceKey:
    return (portal.key.network, portal.key.receiver)


def _room(portal: Portal) -> RoomID:
    assert portal.room is not None  # noqa: S101 (only a room is shown)
    return portal.room
