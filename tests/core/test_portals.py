"""Portals: made once, changed one change at a time, and never remembered wrongly."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.clock import SystemClock
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RemoteUserID, RoomID
from bridgekit.models import Flow, PortalState
from bridgekit.room.portals import AlreadyLinked, Portals, counterpart, key_of
from bridgekit.store.store import open_store

LOOP = NetworkName("loop")
KEY = PortalKey(LOOP, ChatID("#room"))
ROOM = RoomID("!room")


@pytest.fixture
async def store(database):
    async with open_store(database, SystemClock()) as store:
        yield store


@pytest.fixture
def portals(store):
    return Portals(store, lambda: 1000)


async def test_who_asks_at_once_gets_the_same_portal(portals):
    found = await asyncio.gather(*(portals.ensure(KEY) for _ in range(5)))
    assert len({portal.id for portal in found}) == 1


async def test_a_private_chat_is_a_portal_per_login():
    alice, bob = LoginID("alice"), LoginID("bob")
    shared, private = Chat(ChatID("c")), Chat(ChatID("c"), private=True)
    assert key_of(LOOP, shared, alice) == key_of(LOOP, shared, bob)
    assert key_of(LOOP, private, alice) != key_of(LOOP, private, bob)


async def test_changes_that_meet_undo_none_of_each_other(portals, store):
    portal = await portals.ensure(KEY)
    creating = await portals.creating(await portals.want(portal))
    await asyncio.gather(
        portals.bind(creating, ROOM, ours=True),
        portals.want(portal, Flow.TO_MATRIX),
        portals.want(creating),
    )
    for seen in (await portals.get(portal.id), await Portals(store, lambda: 1000).get(portal.id)):
        assert (seen.state, seen.room, seen.flow) == (PortalState.BOUND, ROOM, Flow.TO_MATRIX)


async def test_a_bound_chat_is_bound_to_one_room(portals):
    portal = await portals.ensure(KEY)
    await portals.bind(portal, ROOM, ours=False)
    assert await portals.bind(portal, ROOM, ours=False) == await portals.get(portal.id)
    with pytest.raises(AlreadyLinked):
        await portals.bind(portal, RoomID("!other"), ours=False)


async def test_a_bound_chat_is_not_made_anew(portals):
    portal = await portals.bind(await portals.ensure(KEY), ROOM, ours=True)
    assert await portals.creating(portal) == portal


async def test_a_room_that_is_bound_while_somebody_looks_is_not_taken_for_a_foreign_one(
    portals, monkeypatch
):
    portal = await portals.ensure(KEY)
    look, read, bound = portals.rows.in_room, asyncio.Event(), asyncio.Event()

    async def slow(room):
        found = await look(room)  # before the binding
        read.set()
        await bound.wait()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(portals.rows, "in_room", slow)
        looking = asyncio.ensure_future(portals.in_room(ROOM))
        await read.wait()
        await portals.bind(portal, ROOM, ours=True)
        bound.set()
        await looking
    assert [one.id for one in await portals.in_room(ROOM)] == [portal.id]


async def test_a_chat_that_moves_rooms_is_found_in_the_new_one_only(portals):
    portal = await portals.bind(await portals.ensure(KEY), ROOM, ours=False)
    assert await portals.in_room(ROOM) == (portal,)
    moved = await portals.rebind(portal, RoomID("!new"))
    assert await portals.in_room(ROOM) == ()
    assert await portals.in_room(RoomID("!new")) == (moved,)


async def test_a_change_whose_caller_was_cancelled_is_remembered(portals, store):
    portal = await portals.ensure(KEY)
    binding = asyncio.ensure_future(portals.bind(portal, ROOM, ours=True))
    await asyncio.sleep(0)
    binding.cancel()
    await asyncio.gather(binding, return_exceptions=True)
    await portals.want(portal)  # behind it
    assert await portals.get(portal.id) == await Portals(store, lambda: 1000).get(portal.id)


async def test_a_chat_moves_to_an_id_that_somebody_asks_for_at_once(portals, store, monkeypatch):
    """Whatever is first, the new ID is the moved portal's, and nobody remembers another."""
    moved = KEY._replace(chat=ChatID("#hall"))
    portal = await portals.bind(await portals.ensure(KEY), ROOM, ours=True)
    write = store.writer.write

    async def after_somebody_asked(operation, then=None):
        monkeypatch.setattr(store.writer, "write", write)
        asked = await portals.ensure(moved)
        assert asked.id != portal.id
        return await write(operation, then)

    monkeypatch.setattr(store.writer, "write", after_somebody_asked)
    assert await portals.move(portal, moved.chat) is not None
    for seen in (portals, Portals(store, lambda: 1000)):
        for key in (KEY, moved):
            found = await seen.ensure(key)
            assert (found.id, found.key, found.room) == (portal.id, moved, ROOM)
    assert (await portals.get(portal.id)).key == moved


async def test_a_chat_does_not_move_to_an_id_whose_chat_gets_a_room_at_once(portals):
    moved = KEY._replace(chat=ChatID("#hall"))
    portal = await portals.bind(await portals.ensure(KEY), ROOM, ours=True)
    hall = await portals.ensure(moved)
    other = RoomID("!hall")
    bound, went = await asyncio.gather(
        portals.bind(hall, other, ours=True), portals.move(portal, moved.chat)
    )
    assert went is None
    assert (await portals.ensure(moved)).id == bound.id
    assert (await portals.get(portal.id)).key == KEY


async def test_whom_a_private_chat_is_with_is_known_for_good(portals, store):
    """By its ID, unless its network says otherwise, or who has opened it; rooms change nothing."""
    private, bob = KEY._replace(receiver=LoginID("loop:alice")), RemoteUserID("bob")
    portal = await portals.ensure(private)
    assert counterpart(await portals.ensure(KEY)) is None
    assert counterpart(portal) == KEY.chat
    portal = await portals.bind(portal, ROOM, ours=True, other=bob)
    portal = await portals.rebind(portal, RoomID("!upgraded"))
    assert counterpart(portal) == bob
    assert await Portals(store, lambda: 1000).get(portal.id) == portal
    spelled = await portals.rebind(portal, RoomID("!theirs"), other=RemoteUserID(KEY.chat))
    assert counterpart(spelled) == KEY.chat
    untold = await portals.ensure(KEY._replace(receiver=LoginID("loop:carol")))
    untold = await portals.bind(untold, RoomID("!carol"), ours=True, other=RemoteUserID(""))
    assert counterpart(untold) is None
