"""Portals: which chat is which room. Loaded when touched, forgotten when idle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bridgekit.errors import Rejected
from bridgekit.facts import Chat
from bridgekit.ids import (
    ChatID,
    LoginID,
    NetworkName,
    PortalID,
    PortalKey,
    RemoteUserID,
    RoomID,
    UserID,
)
from bridgekit.lru import LRU
from bridgekit.models import Flow, Millis, Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.states import PORTAL
from bridgekit.store.moved import MovedRows, MovePortal
from bridgekit.store.portals import (
    MakePortal,
    PortalRows,
    save_portal,
    save_rehomed,
    save_unbound,
)
from bridgekit.store.sql import Rows
from bridgekit.store.store import Store

KEPT = 10_000


class AlreadyLinked(Rejected):
    """The chat is tied to another room."""


class Portals:
    """The portals of all networks."""

    def __init__(self, store: Store, now: Callable[[], Millis]) -> None:
        self._writer, self._now = store.writer, now
        self.rows = PortalRows(store.reader)
        self._moved_rows = MovedRows(store.reader)
        self._by_key: LRU[PortalKey, Portal] = LRU(KEPT)
        self._by_id: LRU[PortalID, Portal] = LRU(KEPT)
        self._in_room: LRU[RoomID, tuple[Portal, ...]] = LRU(KEPT)
        self._moves = 0
        self._changing = asyncio.Lock()
        self._promised: set[PortalID] = set()

    async def ensure(self, key: PortalKey) -> Portal:
        """The portal of a chat; its row is made if there is none."""
        found = await self.find(key)
        if found is None:
            # Remembered with the commit itself: what is changed after it is newer.
            found = await self._writer.write(MakePortal(key), then=self._made)
        return found

    async def find(self, key: PortalKey) -> Portal | None:
        """The portal of a chat; None if there is none, and none is made."""
        found = self._by_key.get(key)
        if found is None:
            stored = await self.rows.by_key(key) or await self._moved(key)
            if stored is None:
                return None
            # What was changed while we read is newer than what we read.
            found = self._by_key.get(key) or self._keep(self._by_id.get(stored.id) or stored)
        return found

    async def get(self, portal: PortalID) -> Portal:
        """A portal that exists."""
        found = self._by_id.get(portal)
        if found is None:
            stored = await self.rows.by_id(portal)
            if stored is None:
                raise LookupError(f"no portal {portal}")
            # What was changed while we read is newer than what we read.
            found = self._by_id.get(portal) or self._keep(stored)
        return found

    async def whole(self, portal: Portal, chat: Chat) -> Portal | None:
        """The portal of the chat that this one is a part of, if that is bridged."""
        if chat.parent is None:
            return None
        found = await self.find(portal.key._replace(chat=chat.parent))
        return None if found is None or found.state is PortalState.NEW else found

    async def in_room(self, room: RoomID) -> tuple[Portal, ...]:
        """The portals of a room; none for a room that is not bridged."""
        found = self._in_room.get(room)
        if found is None:
            moves = self._moves
            found = await self.rows.in_room(room)
            # A room that was bound while we read must not be remembered as a foreign one.
            if moves == self._moves:
                self._in_room.put(room, found)
        return found

    def promise(self, portal: PortalID) -> None:
        """The configuration names the room of this chat: none is to be made for it."""
        self._promised.add(portal)

    def promised(self, portal: PortalID) -> bool:
        """Whether this chat must wait for a room that we do not make."""
        return portal in self._promised

    async def want(self, portal: Portal, flow: Flow | None = None) -> Portal:
        """A room is asked for; one that has it stays as it is, but for `flow`."""

        def wanted(now: Portal) -> Portal:
            state = PortalState.WANTED if now.state is PortalState.NEW else now.state
            return replace(now, state=state, flow=flow or now.flow)

        return await self._change(portal.id, wanted)

    async def creating(self, portal: Portal) -> Portal:
        """The room may exist from now on (delivery rule 15), unless the chat has one by now."""

        def made(now: Portal) -> Portal:
            bound = now.state is PortalState.BOUND
            return now if bound else replace(now, state=PortalState.CREATING, ours=True)

        return await self._change(portal.id, made)

    async def bind(
        self, portal: Portal, room: RoomID, *, ours: bool, other: RemoteUserID | None = None
    ) -> Portal:
        """Tie a chat to its room; durable on return. `other` is whom a private one is with."""

        def bound(now: Portal) -> Portal:
            if now.state is not PortalState.BOUND:
                return replace(now, state=PortalState.BOUND, room=room, ours=ours, other=other)
            if now.room != room:
                raise AlreadyLinked(f"The chat {now.key.chat} is bridged to another room already")
            return now

        return await self._change(portal.id, bound)

    async def rebind(
        self, portal: Portal, room: RoomID, *, ours: bool = False, other: RemoteUserID | None = None
    ) -> Portal:
        """Tie a chat to the room that its person opened last, or that replaces the one it had.

        `other` is whom they have opened it with.
        """

        def rebound(now: Portal) -> Portal:
            if other is not None:
                spelled = other_in(now.key.chat, None)
                now = replace(now, other=None if other == spelled else other)
            former = now.former if now.room in (None, room) else now.room
            return replace(now, state=PortalState.BOUND, room=room, former=former, ours=ours)

        return await self._change(portal.id, rebound, save_rehomed)

    async def is_with(self, portal: Portal, other: RemoteUserID) -> Portal:
        """Whom a private chat is with has become known; "": nobody can tell."""
        return await self._change(portal.id, lambda now: replace(now, other=other))

    async def unbind(self, portal: Portal, room: RoomID) -> Portal:
        """Untie a chat from this room; in another one by now: nothing happens."""

        def unbound(now: Portal) -> Portal:
            if now.room != room:
                return now
            fresh = replace(now, state=PortalState.NEW, room=None, former=room)
            return replace(fresh, ours=False, relay=None)

        return await self._change(portal.id, unbound, save_unbound)

    async def set_relay(self, portal: Portal, relay: str | None) -> Portal:
        """Choose who speaks in this room for people without a login (see `Relay.of`)."""
        return await self._change(portal.id, lambda now: replace(now, relay=relay))

    async def move(self, portal: Portal, chat: ChatID) -> Portal | None:
        """The chat goes by another ID now; who still asks for the old one gets this portal.

        None: the new ID is that of a chat with a room of its own.
        """
        async with self._changing:
            old = await self.get(portal.id)
            new = replace(old, key=old.key._replace(chat=chat))
            if new == old:
                return old
            free = await self._writer.write(
                MovePortal(old, new), then=lambda free: self._changed(old, new) if free else None
            )
            return new if free else None

    async def _moved(self, key: PortalKey) -> Portal | None:
        """The portal of a chat that goes by another ID now."""
        number = await self._moved_rows.portal(key)
        return None if number is None else await self.rows.by_id(number)

    async def _change(
        self,
        portal: PortalID,
        change: Callable[[Portal], Portal],
        save: Callable[[Portal], Rows] = save_portal,
    ) -> Portal:
        """Read, change and store as one step, so that no change undoes another."""
        async with self._changing:
            old = await self.get(portal)
            new = self._dated(change(old))
            if new.state is not old.state and new.state not in PORTAL[old.state]:
                raise ValueError(f"a portal that is {old.state} cannot become {new.state}")
            if new == old:
                return old
            # Remembered with the commit itself: a caller that is cancelled cancels no commit.
            await self._writer.write(save(new), then=lambda _: self._changed(old, new))
            return new

    def _dated(self, new: Portal) -> Portal:
        """Bridging begins in the commit that stores that a chat is to have a room."""
        if new.state is PortalState.NEW:
            return replace(new, since=None)
        return new if new.since is not None else replace(new, since=self._now())

    def forget(self, portal: Portal) -> None:
        """Its row is gone."""
        self._moves += 1
        self._by_key.forget(portal.key)
        self._by_id.forget(portal.id)

    def _changed(self, old: Portal, new: Portal) -> None:
        self._moves += 1
        self._by_key.forget(old.key)
        for room in filter(None, (old.room, new.room)):
            self._in_room.forget(room)
        self._keep(new)

    def _made(self, portal: Portal) -> None:
        self._keep(portal)

    def _keep(self, portal: Portal) -> Portal:
        self._by_key.put(portal.key, portal)
        return self._by_id.put(portal.id, portal)


def key_of(network: NetworkName, chat: Chat, login: LoginID) -> PortalKey:
    """The portal of a chat as `login` sees it."""
    return PortalKey(network, ChatID(chat.id), login if chat.private else None)


def counterpart(portal: Portal) -> RemoteUserID | None:
    """Whom a private chat is with; None for a shared one, and where nobody can tell.

    Where a person made its room, their ghost is there, and the bot may not be.
    """
    return other_in(portal.key.chat, portal.other) if portal.private else None


def ghost_of(names: Namespaces, portal: Portal) -> UserID | None:
    """Whose ghost a private chat is with, in the room that its person opened for that."""
    other = None if portal.ours else counterpart(portal)
    return None if other is None else names.ghost(portal.key.network, other)


def other_in(chat: ChatID, told: RemoteUserID | None) -> RemoteUserID | None:
    """Whom a private chat is with: it is called as they are, unless its network tells otherwise."""
    return RemoteUserID(chat) if told is None else told or None
