"""Portals: which chat is which room. Loaded when touched, forgotten when idle."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.errors import Rejected
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, PortalKey, RoomID
from bridgekit.lru import LRU
from bridgekit.models import Flow, Portal, PortalState
from bridgekit.states import PORTAL
from bridgekit.store.portals import MakePortal, PortalRows, save_portal
from bridgekit.store.store import Store

KEPT = 10_000


class AlreadyLinked(Rejected):
    """The chat is tied to another room."""


class Portals:
    """The portals of all networks."""

    def __init__(self, store: Store) -> None:
        self._writer = store.writer
        self.rows = PortalRows(store.reader)
        self._by_key: LRU[PortalKey, Portal] = LRU(KEPT)
        self._by_id: LRU[PortalID, Portal] = LRU(KEPT)
        self._in_room: LRU[RoomID, tuple[Portal, ...]] = LRU(KEPT)

    async def ensure(self, key: PortalKey) -> Portal:
        """The portal of a chat; its row is made if there is none."""
        found = self._by_key.get(key)
        if found is None:
            found = self._keep(await self._writer.write(MakePortal(key)))
        return found

    async def get(self, portal: PortalID) -> Portal:
        """A portal that exists."""
        found = self._by_id.get(portal)
        if found is None:
            found = await self.rows.by_id(portal)
            if found is None:
                raise LookupError(f"no portal {portal}")
            self._keep(found)
        return found

    async def in_room(self, room: RoomID) -> tuple[Portal, ...]:
        """The portals of a room; none for a room that is not bridged."""
        found = self._in_room.get(room)
        if found is None:
            found = self._in_room.put(room, await self.rows.in_room(room))
        return found

    async def to_enter(self, network: NetworkName) -> list[Chat]:
        """Where the network's listener should be."""
        return [Chat(portal.key.chat) for portal in await self.rows.to_enter(network)]

    async def want(self, portal: Portal, flow: Flow | None = None) -> Portal:
        """A room is asked for; one that has it stays as it is, but for `flow`."""
        state = PortalState.WANTED if portal.state is PortalState.NEW else portal.state
        return await self._save(replace(portal, state=state, flow=flow or portal.flow))

    async def creating(self, portal: Portal) -> Portal:
        """The room may exist from now on (delivery rule 15)."""
        return await self._save(replace(portal, state=PortalState.CREATING, ours=True))

    async def bind(self, portal: Portal, room: RoomID, *, ours: bool) -> Portal:
        """Tie a chat to its room; durable on return."""
        if portal.state is PortalState.BOUND:
            if portal.room == room:
                return portal
            raise AlreadyLinked(f"The chat {portal.key.chat} is bridged to another room already")
        bound = await self._save(replace(portal, state=PortalState.BOUND, room=room, ours=ours))
        self._in_room.forget(room)
        return bound

    async def rebind(self, portal: Portal, room: RoomID) -> Portal:
        """Tie a private chat to the room that its person opened last."""
        old = portal.room
        bound = await self._save(replace(portal, state=PortalState.BOUND, room=room, ours=False))
        for changed in filter(None, (old, room)):
            self._in_room.forget(changed)
        return bound

    async def _save(self, portal: Portal) -> Portal:
        old = await self.get(portal.id)
        if portal.state is not old.state and portal.state not in PORTAL[old.state]:
            raise ValueError(f"a portal that is {old.state} cannot become {portal.state}")
        if portal != old:
            await self._writer.write(save_portal(portal))
        return self._keep(portal)

    def _keep(self, portal: Portal) -> Portal:
        self._by_key.put(portal.key, portal)
        if portal.room is not None and self._by_id.get(portal.id) != portal:
            self._in_room.forget(portal.room)
        return self._by_id.put(portal.id, portal)


def key_of(network: NetworkName, chat: Chat, login: LoginID) -> PortalKey:
    """The portal of a chat as `login` sees it."""
    return PortalKey(network, ChatID(chat.id), login if chat.private else None)
