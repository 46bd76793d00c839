"""Ghosts are registered once, named once, and found again by their MXID."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.clock import SystemClock
from bridgekit.facts import UserInfo
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.matrix.api import Refused
from bridgekit.namespaces import Namespaces
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.names import Names
from bridgekit.person.naming import LONGEST, clean_name
from bridgekit.store.failure import StoreDown
from bridgekit.store.people import People
from bridgekit.store.store import open_store

LOOP = NetworkName("loop")
BOB = RemoteUserID("bob")


class Intents:
    def __init__(self):
        self.registered = []
        self.names = []
        self.refuse = False

    async def register(self, localpart):
        self.registered.append(localpart)

    async def set_name(self, user, name):
        self.names.append((user, name))
        if self.refuse:
            raise Refused("too long", "M_UNKNOWN", 400)


@pytest.fixture
async def store(database):
    async with open_store(database, SystemClock()) as store:
        yield store


@pytest.fixture
def intents():
    return Intents()


@pytest.fixture
def make(store, intents):
    """A bridge's ghosts, as after a start."""
    spaces = Namespaces("example.org", "bot", "bridgekit", frozenset({LOOP}))
    return lambda: Ghosts(People(store.reader), store.writer, intents, spaces, SystemClock())


async def test_an_account_is_made_once(make, intents):
    ghost = await make().ensure(LOOP, BOB)
    assert await make().ensure(LOOP, BOB) == ghost
    assert intents.registered == ["loop_bob"]


async def test_two_who_need_a_ghost_at_once_have_it_made_and_named_once(make, intents):
    ghosts = make()

    async def named():
        return await ghosts.rename(await ghosts.ensure(LOOP, BOB), "Bob")

    first, second = await asyncio.gather(named(), named())
    assert first == second == await make().ensure(LOOP, BOB)
    assert intents.registered == ["loop_bob"]
    assert intents.names == [("@loop_bob:example.org", "Bob")]


async def test_a_name_is_set_when_it_changes_and_only_then(make, intents):
    ghosts = make()
    ghost = await ghosts.ensure(LOOP, BOB)
    for name in ("Bob", "Bob", None, "", "Robert"):
        ghost = await ghosts.rename(ghost, name)
    assert [name for _, name in intents.names] == ["Bob", "Robert"]
    again = await make().ensure(LOOP, BOB)
    assert again.name == "Robert"


async def test_a_name_that_is_refused_is_not_tried_with_every_message(make, intents):
    ghosts = make()
    intents.refuse = True
    ghost = await ghosts.rename(await ghosts.ensure(LOOP, BOB), "Bob")
    await ghosts.rename(ghost, "Bob")
    assert len(intents.names) == 1


async def test_a_ghost_with_an_endless_id_is_found_by_its_mxid(make):
    long = RemoteUserID("x" * 1000)
    ghost = await make().ensure(LOOP, long)
    found = await make().remote_user(ghost.mxid)
    assert found is not None
    assert found.user == long


async def test_a_name_that_was_told_is_kept_for_the_next_start(store):
    names = Names(People(store.reader), store.writer)
    await names.tell(
        LOOP, [UserInfo(id=BOB, name="Bob"), UserInfo(name="nobody"), UserInfo(id=BOB)]
    )
    await names.tell(LOOP, [UserInfo(id=BOB, name="Robert\r\n")])
    after = Names(People(store.reader), store.writer)
    assert await after.of(LOOP, BOB) == "Robert"
    assert await after.of(LOOP, RemoteUserID("carol")) is None
    assert await after.of(NetworkName("other"), BOB) is None


async def test_a_name_that_could_not_be_stored_is_news_when_it_comes_again(store, monkeypatch):
    names = Names(People(store.reader), store.writer)

    async def full(_):
        raise StoreDown

    with monkeypatch.context() as patch:
        patch.setattr(store.writer, "write", full)
        with pytest.raises(StoreDown):
            await names.tell(LOOP, [UserInfo(id=BOB, name="Bob")])
    await names.tell(LOOP, [UserInfo(id=BOB, name="Bob")])
    assert await Names(People(store.reader), store.writer).of(LOOP, BOB) == "Bob"


async def test_a_name_told_while_an_older_one_is_read_wins(store):
    names = Names(People(store.reader), store.writer)
    await names.tell(LOOP, [UserInfo(id=BOB, name="Old")])
    fresh = Names(People(store.reader), store.writer)
    reading = asyncio.ensure_future(fresh.of(LOOP, BOB))
    await asyncio.sleep(0)
    await fresh.tell(LOOP, [UserInfo(id=BOB, name="New")])
    assert await reading == "New"
    assert await fresh.of(LOOP, BOB) == "New"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bob", "Bob"),
        (" Bob \t Builder\u2028", "Bob Builder"),
        ("\x00\x01\x7f", ""),
        ("👩‍👩‍👧 family", "👩‍👩‍👧 family"),
        ("a" * 999, "a" * LONGEST),
        ("\u202ereversed", "reversed"),
    ],
)
def test_a_name_is_made_one_line(text, name):
    assert clean_name(text) == name


async def test_a_name_that_is_set_while_a_ghost_joins_is_told_to_that_room(make, intents):
    """Synapse takes the name when the join begins, and tells it to no room that is not joined."""
    ghosts = make()
    joining = await ghosts.ensure(LOOP, BOB)
    renamed = await ghosts.rename(joining, "Bob")
    await ghosts.joined(joining)
    assert intents.names == [(joining.mxid, "Bob")] * 2
    await ghosts.joined(renamed)
    assert len(intents.names) == 2


async def test_a_ghost_that_has_joined_waits_for_a_name_that_is_on_its_way(make, intents):
    ghosts = make()
    joining, begun, go = await ghosts.ensure(LOOP, BOB), asyncio.Event(), asyncio.Event()
    set_name = intents.set_name

    async def slow(user, name):
        await set_name(user, name)
        begun.set()
        await go.wait()

    intents.set_name = slow
    async with asyncio.TaskGroup() as group:
        group.create_task(ghosts.rename(joining, "Bob"))
        await begun.wait()
        group.create_task(ghosts.joined(joining))
        go.set()
    assert intents.names == [(joining.mxid, "Bob")] * 2
