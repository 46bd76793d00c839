"""Who connects when, who waits for it, and what a refusal does."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import LoginState
from bridgekit.errors import LoginError
from bridgekit.login.logins import GIVEN_UP, NotConnected
from bridgekit.testing.clock import settle
from tests.core.logins.conftest import ALICE, BOT, PRIVATE, outcome


async def test_own_logins_connect_with_the_network_and_others_when_wanted(stage):
    stage.alice()
    await stage.run()
    assert stage.world.connects == [BOT]
    client = await stage.logins.ready(ALICE, PRIVATE, 10)
    assert client is stage.world.clients[ALICE]
    assert stage.world.connects == [BOT, ALICE]


async def test_what_is_wanted_before_the_network_is_up_connects_with_it(stage):
    stage.alice()
    ready = stage.group.create_task(stage.logins.ready(ALICE, PRIVATE, 10))
    await settle()
    await stage.run()
    assert (await ready).me == ALICE


async def test_rule_10_no_more_patience_than_asked_for(stage):
    stage.world.gate = asyncio.Event()
    await stage.run()
    began = stage.clock.monotonic()
    ready = stage.group.create_task(outcome(stage.logins.ready(BOT, PRIVATE, 10)))
    await stage.clock.advance(9.9)
    assert not ready.done()
    await stage.clock.advance(0.1)
    assert await ready == "not connected"
    assert stage.clock.monotonic() - began == 10
    with pytest.raises(NotConnected):  # none at all: at once, with a clock that stands still
        await stage.logins.ready(BOT, PRIVATE, 0)


async def test_one_that_connects_in_the_very_moment_that_patience_ends_is_ready(stage):
    """Else its job would step aside after the wake-up, and nothing would wake it."""
    stage.world.gate = asyncio.Event()
    await stage.run()

    async def ask() -> str:
        answer = await outcome(stage.logins.ready(BOT, PRIVATE, 10))
        return f"{answer}, {len(stage.released)} wake-ups before"

    ready = stage.group.create_task(ask())
    await settle()
    stage.clock.call_later(10, stage.world.gate.set)
    await stage.clock.advance(10)
    assert await ready in ("not connected, 0 wake-ups before", f"{BOT}, 1 wake-ups before")
    assert stage.released == [BOT]


async def test_rule_10_a_refusal_fails_all_who_wait_and_is_believed_for_a_while(stage):
    stage.world.gate = asyncio.Event()
    stage.world.trouble = [LoginError("Closed.")]
    await stage.run()
    waiting = [
        stage.group.create_task(outcome(stage.logins.ready(BOT, PRIVATE, 10))) for _ in range(3)
    ]
    await settle()
    stage.world.gate.set()
    assert [await one for one in waiting] == ["Closed."] * 3
    assert stage.state(BOT) == "refused"
    assert stage.released == [BOT]
    await stage.clock.advance(299)
    assert await outcome(stage.logins.ready(BOT, PRIVATE, 10)) == "Closed."
    assert stage.world.connects == [BOT]
    await stage.clock.advance(2)
    # The very first that asks afterwards gets the new answer.
    assert await outcome(stage.logins.ready(BOT, PRIVATE, 10)) == BOT


async def test_a_refusal_in_the_middle_ends_the_connection(stage):
    await stage.run()
    stage.logins.end(BOT, LoginState.REFUSED, "Banned.")
    await settle()
    assert stage.world.clients == {}
    assert stage.state(BOT) == "refused"
    assert await outcome(stage.logins.ready(BOT, PRIVATE, 10)) == "Banned."
    stage.logins.end(BOT, LoginState.REFUSED, "Again.")  # late news change nothing


async def test_a_connection_that_breaks_while_it_is_refused_stays_refused(stage):
    await stage.run()
    stage.world.breaks_when_left = True
    stage.logins.end(BOT, LoginState.REFUSED, "Banned.")
    await settle()
    assert stage.state(BOT) == "refused"
    assert stage.world.lifespans == 1  # and the network lives on


async def test_who_is_asked_is_connected_for_it_however_long_ago_it_closed(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    await stage.clock.advance(GIVEN_UP + 1000)
    assert stage.state(ALICE) == "offline"
    with pytest.raises(NotConnected):
        stage.logins.at_hand(ALICE)
    await settle()
    assert stage.logins.at_hand(ALICE) is stage.world.clients[ALICE]


async def test_who_has_tried_to_connect_for_a_day_is_waited_for_no_longer(stage):
    await stage.run()
    stage.world.trouble = [ConnectionError("no") for _ in range(2000)]
    stage.world.clients[BOT].end.set_result(None)
    await stage.clock.advance(GIVEN_UP - 1)
    with pytest.raises(NotConnected):
        stage.logins.at_hand(BOT)
    await stage.clock.advance(2)
    with pytest.raises(LoginError):
        stage.logins.at_hand(BOT)
    stage.world.trouble = []
    await stage.clock.advance(400)
    assert stage.logins.at_hand(BOT) is stage.world.clients[BOT]


async def test_who_is_refused_is_not_waited_for(stage):
    stage.world.trouble = [LoginError("You are banned.")]
    await stage.run()
    with pytest.raises(LoginError, match="banned"):
        stage.logins.at_hand(BOT)


async def test_one_that_is_restarted_before_its_connection_has_begun_connects_once(stage):
    await stage.run()
    (bot,) = [login for login in stage.logins.all() if login.id == BOT]
    await stage.logins.restart(bot)  # its task has not taken a step yet when the next one comes
    await stage.logins.restart(bot)
    assert (await stage.logins.ready(BOT, PRIVATE, 10)).me == BOT
    assert stage.logins.state(BOT)[0] is LoginState.ONLINE


async def test_who_wants_one_that_is_being_restarted_starts_no_second(stage):
    await stage.run()
    (bot,) = [login for login in stage.logins.all() if login.id == BOT]
    before = len(stage.world.connects)
    restart = stage.group.create_task(stage.logins.restart(bot))
    await asyncio.sleep(0)  # the old connection is being cancelled
    client = await stage.logins.ready(BOT, PRIVATE, 10)
    await restart
    await settle()
    assert stage.world.clients[BOT] is await stage.logins.ready(BOT, PRIVATE, 10)
    assert client.me == BOT
    assert len(stage.world.connects) == before + 1
