"""What ends a connection, and what comes after."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import LoginState
from bridgekit.errors import ConfigError, LoginError, RetryLater
from bridgekit.testing.clock import settle
from tests.core.logins.conftest import ALICE, BOT, PRIVATE, Stage, outcome


async def outcome_after(stage: Stage, patience: float) -> str:
    return await outcome(stage.logins.ready(ALICE, PRIVATE, patience))


@pytest.mark.parametrize(
    "end", [None, ConnectionError("x"), RetryLater("x", after=3), ExceptionGroup("x", [OSError()])]
)
async def test_what_drops_is_connected_again_with_growing_pauses(stage, end):
    await stage.run()
    for _ in range(3):
        client = stage.world.clients[BOT]
        if end is None:
            client.end.set_result(None)
        else:
            client.end.set_exception(end)
        await settle()
        assert stage.state(BOT) == "backoff"
        await stage.clock.advance(5)
        assert stage.state(BOT) == "online"
    assert len(stage.world.connects) == 4
    assert stage.released == [BOT] * 4


async def test_a_refusal_out_of_the_connection_stops_it(stage):
    await stage.run()
    stage.world.clients[BOT].end.set_exception(LoginError("Your token was revoked."))
    await settle()
    assert stage.state(BOT) == "refused"
    assert stage.released == [BOT, BOT]


async def test_pauses_grow_while_nothing_connects(stage):
    stage.world.trouble = [ConnectionError("no")] * 8
    await stage.run()
    await stage.clock.advance(100)
    few = len(stage.world.connects)
    assert 6 <= few <= 8
    await stage.clock.advance(300)
    assert stage.state(BOT) == "online"


async def test_a_login_of_a_person_closes_when_idle_and_the_bridges_own_never(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    await stage.clock.advance(400)
    stage.logins.touch(ALICE)
    await stage.clock.advance(599)
    assert stage.state(ALICE) == "online"
    await stage.clock.advance(2)
    assert (stage.state(ALICE), stage.state(BOT)) == ("offline", "online")
    await stage.logins.ready(ALICE, PRIVATE, 10)
    assert stage.state(ALICE) == "online"


async def test_one_that_waited_longer_than_the_idle_time_is_not_closed_as_it_connects(stage):
    stage.alice()
    stage.world.gate = asyncio.Event()
    await stage.run()
    await outcome_after(stage, 0)
    await stage.clock.advance(2000)
    stage.world.gate.set()
    await settle()
    assert stage.state(ALICE) == "online"


async def test_a_network_that_fails_comes_back_with_its_logins(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    for _ in range(2):
        stage.world.down.set_exception(OSError("the socket is gone"))
        await settle()
        assert (stage.state(BOT), stage.state(ALICE)) == ("offline", "offline")
        await stage.clock.advance(1)
        assert (stage.state(BOT), stage.state(ALICE)) == ("online", "online")
    assert stage.world.lifespans == 3


async def test_a_network_that_comes_back_opens_no_login_that_was_idle(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    await stage.clock.advance(601)
    assert stage.state(ALICE) == "offline"
    stage.world.down.set_exception(OSError("the socket is gone"))
    await stage.clock.advance(5)
    assert (stage.state(BOT), stage.state(ALICE)) == ("online", "offline")


async def test_who_asks_while_the_network_is_down_gets_its_login_when_it_is_back(stage):
    await stage.run()
    stage.world.breaks_when_left = True
    stage.world.down.set_exception(OSError("the socket is gone"))
    await settle()
    ready = stage.group.create_task(stage.logins.ready(BOT, PRIVATE, 10))
    await stage.clock.advance(1)
    assert (await ready).me == BOT
    stage.world.breaks_when_left = False


async def test_a_network_that_is_set_up_wrongly_fails_what_waits_for_it(stage):
    stage.world.wrong = ConfigError("networks.net.port: is taken")
    ready = stage.group.create_task(outcome(stage.logins.ready(BOT, PRIVATE, 10)))
    await stage.run()
    assert "until the operator mends its configuration" in await ready
    assert "until the operator" in await outcome(stage.logins.ready(BOT, PRIVATE, 10))
    assert stage.released == [BOT]


async def test_what_is_kept_for_a_refused_login_outlasts_a_connection_that_ends_slowly(stage):
    await stage.run()
    stage.world.leaving = asyncio.Event()
    stage.logins.end(BOT, LoginState.REFUSED, "Your balance is empty.")
    await settle()
    assert stage.logins.refused.keeps(BOT)
    await stage.clock.advance(400)
    assert stage.state(BOT) == "refused"
    stage.world.leaving.set()
    await settle()
    await stage.clock.advance(20)
    assert stage.state(BOT) == "online"
