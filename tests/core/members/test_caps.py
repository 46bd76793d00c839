"""How many come before they speak: the operator's options, also over a restart."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.configuration.settings import MembersSettings
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.membership.admission import HOUR, Admission
from bridgekit.models import Ghost
from bridgekit.namespaces import Namespaces
from bridgekit.store.members import MemberRows
from bridgekit.store.people import save_ghost
from bridgekit.store.store import open_store
from bridgekit.testing.clock import VirtualClock, settle
from tests.core.members.conftest import JOIN, LEAVE

LOOP = NetworkName("loop")
NAMES = Namespaces("example.org", "bot", "bridgekit", frozenset({LOOP}))


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
async def store(database, clock):
    async with open_store(database, clock) as store:
        yield store


class Known:
    """The ghosts that there are."""

    def __init__(self):
        self.users = set()

    async def known(self, network, user):
        del network
        return user in self.users


class Door:
    def __init__(self, store, clock, **settings):
        self.ghosts = Known()
        self.clock, self.store = clock, store
        limits = MembersSettings(**settings)
        self.it = Admission(lambda _: limits, MemberRows(store.reader), self.ghosts, clock)

    async def made(self, user):
        at = int(self.clock.now().timestamp() * 1000)
        ghost = Ghost(LOOP, RemoteUserID(user), NAMES.ghost(LOOP, user), made_at=at)
        await self.store.writer.write(save_ghost(ghost))
        self.ghosts.users.add(user)
        self.it.end(LOOP, user)


async def test_new_ghosts_are_capped_by_the_hour_also_over_a_restart(store, clock):
    door = Door(store, clock, new_ghosts_per_hour=2)
    for user in ("a", "b"):
        assert await door.it.postponed(LOOP, user) is None
        await door.made(user)
        await clock.advance(600)
    again = Door(store, clock, new_ghosts_per_hour=2)
    assert await again.it.postponed(LOOP, "c") == HOUR / 1000 - 1200
    await clock.advance(HOUR / 1000 - 1200)
    assert await again.it.postponed(LOOP, "c") is None


async def test_those_who_are_just_coming_count(store, clock):
    door = Door(store, clock, new_ghosts_per_hour=1)
    assert await door.it.postponed(LOOP, "a") is None
    assert await door.it.postponed(LOOP, "b") == 1.0
    door.it.end(LOOP, "a")  # refused, say
    assert await door.it.postponed(LOOP, "b") is None


async def test_who_was_there_before_is_not_new(store, clock):
    door = Door(store, clock, new_ghosts_per_hour=1)
    await door.made("a")
    assert await door.it.postponed(LOOP, "a") is None
    assert await door.it.postponed(LOOP, "b") is not None


async def test_joins_are_paced(store, clock):
    door = Door(store, clock, joins_per_second=2.0)
    joined = []

    async def come(user):
        await door.it.turn(LOOP, user)
        joined.append(user)

    tasks = [asyncio.create_task(come(str(number))) for number in range(6)]
    await settle()
    assert len(joined) == 2
    await clock.advance(1.0)
    assert len(joined) == 4
    await clock.advance(1.0)
    await asyncio.gather(*tasks)


# On a whole bridge.


async def members(scene, **settings):
    scene.rig.network_settings = {"members": MembersSettings(**settings)}
    await scene.start()


async def test_none_up_front_is_purely_lazy(scene):
    await members(scene, up_front=0)
    await scene.says(("bob", JOIN))
    await scene.lists("carol")
    assert await scene.ghosts() == set()
    await scene.rig.network.say("#room", "bob", "hello", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "hello")
    assert await scene.ghosts() == {"bob"}


async def test_a_list_of_which_nobody_is_wanted_up_front_only_says_who_has_left(scene):
    await scene.start()
    await scene.says(("ann", JOIN), ("bob", JOIN))
    assert await scene.ghosts() == {"ann", "bob"}
    await scene.lists("bob", "carol", up_front=False)
    assert await scene.ghosts() == {"bob"}
    assert "@loop_carol:example.org" not in scene.rig.hs.world.accounts


async def test_beyond_the_first_whoever_joins_waits_until_they_speak(scene):
    await members(scene, up_front=2)
    await scene.says(("a", JOIN), ("b", JOIN), ("c", JOIN))
    await scene.says(("d", JOIN))
    assert await scene.ghosts() == {"a", "b"}
    await scene.says(("a", LEAVE), ("a", JOIN))
    assert await scene.ghosts() == {"a", "b"}, "who is there already stays"


async def test_a_cap_postpones_the_new_and_stops_nobody_else(scene):
    await members(scene, new_ghosts_per_hour=1)
    await scene.says(("a", JOIN))
    assert await scene.ghosts() == {"a"}
    await scene.says(("b", JOIN), ("a", LEAVE))
    assert await scene.ghosts() == set()
    assert "@loop_b:example.org" not in scene.rig.hs.world.accounts
    await scene.rig.network.say("#room", "b", "I speak", id="m1")
    await scene.alice.wait_for(scene.room, lambda e: e["content"].get("body") == "I speak")


@pytest.mark.parametrize(
    "setting", ["up_front: -1", "joins_per_second: 0", "new_ghosts_per_hour: 0", "eager: true"]
)
def test_a_cap_that_makes_no_sense_is_refused(setting):
    with pytest.raises(ValueError, match="validation error"):
        MembersSettings.model_validate(dict([setting.split(": ")]))
