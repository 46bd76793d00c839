"""Where a network takes only so many automatic logins, who has said nothing for longest goes."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import Login
from bridgekit.ids import LoginID
from bridgekit.testing.clock import settle
from tests.core.logins.conftest import BOT, PRIVATE, Stage


def online(stage: Stage) -> set[str]:
    return set(stage.world.clients) - {BOT}


async def speaks(stage: Stage, name: str) -> None:
    speaking = asyncio.create_task(stage.logins.ready(LoginID(name), PRIVATE, 10))
    await settle()
    assert (await speaking).me == name


@pytest.fixture
async def crowd(stage: Stage) -> Stage:
    """Three people spoke before a restart, ann last; the network takes two."""
    stage.world.most = 2
    for name in ("ann", "bob", "cat"):
        login = Login(LoginID(name), name, {}, relay=False, exclusive=True)
        stage.logins.add(login, connect=True)
    await stage.run()
    return stage


async def test_after_a_restart_those_who_spoke_last_come_back(crowd):
    assert online(crowd) == {"ann", "bob"}


async def test_who_speaks_takes_the_place_of_who_has_been_silent_for_longest(crowd):
    await speaks(crowd, "cat")
    assert online(crowd) == {"ann", "cat"}
    await crowd.clock.advance(1)
    await speaks(crowd, "ann")
    await crowd.clock.advance(1)
    await speaks(crowd, "bob")
    assert online(crowd) == {"ann", "bob"}
    assert crowd.state(LoginID("cat")) == "offline"


async def test_logins_that_people_signed_in_to_and_the_bridges_own_stay(crowd):
    account = Login(LoginID("dan"), "Dan", {}, relay=False, exclusive=False)
    crowd.logins.add(account, connect=True)
    await settle()
    await speaks(crowd, "cat")
    assert online(crowd) == {"ann", "cat", "dan"}
    assert BOT in crowd.world.clients


async def test_who_waits_for_the_network_makes_room_without_connecting_again(crowd):
    crowd.world.trouble = [ConnectionError("no")] * 9
    crowd.world.clients["bob"].end.set_result(None)
    await settle()
    crowd.world.trouble = []
    await speaks(crowd, "cat")
    asked = crowd.world.connects.count("bob")
    await crowd.clock.advance(600)
    assert crowd.state(LoginID("bob")) == "offline"
    assert crowd.world.connects.count("bob") == asked
