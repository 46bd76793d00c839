"""What is asked of a client does not outlast its connection, whatever the adapter forgets."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import RetryLater
from bridgekit.login.calls import GRACE
from bridgekit.testing.clock import settle
from tests.core.logins.conftest import BOT, PRIVATE, ROOM, outcome


@pytest.fixture
async def asked(stage):
    """Something that the connected bot is asked: the answer, when there is one, and who waits."""
    await stage.run()
    client = await stage.logins.ready(BOT, PRIVATE, 0)
    answer = asyncio.get_running_loop().create_future()

    async def call():
        return await answer

    waits = asyncio.ensure_future(stage.logins.calls(BOT).ask(client, call()))
    await settle()
    return answer, waits


async def test_what_a_connection_never_answers_ends_a_while_after_it(stage, asked):
    _, waits = asked
    await stage.clock.advance(10 * GRACE)
    assert not waits.done(), "a network may take its time"
    stage.world.clients[BOT].end.set_result(None)
    await stage.clock.advance(GRACE - 1)
    assert (waits.done(), stage.state(BOT)) == (False, "online")
    await stage.clock.advance(1)
    with pytest.raises(ConnectionError, match="no answer came"):
        await waits


async def test_an_answer_may_come_by_another_way_after_the_connection(stage, asked):
    answer, waits = asked
    stage.world.clients[BOT].end.set_exception(ConnectionError("the long poll broke"))
    await stage.clock.advance(GRACE - 1)
    answer.set_result("accepted")
    assert await waits == "accepted"
    await stage.clock.advance(GRACE)


async def test_a_limit_of_the_adapters_own_is_told_as_it_is(asked):
    answer, waits = asked
    answer.set_exception(TimeoutError("the server took too long"))
    with pytest.raises(TimeoutError, match="took too long"):
        await waits


async def test_nothing_is_asked_of_a_client_that_listens_no_more(stage):
    await stage.run()
    client = await stage.logins.ready(BOT, PRIVATE, 0)
    stage.world.leaving = asyncio.Event()
    client.end.set_result(None)
    await settle()
    assert stage.state(BOT) == "online", "it has not left the connection yet"
    with pytest.raises(RetryLater, match="gone"):
        await stage.logins.calls(BOT).ask(client, client.enter(ROOM.id))
    assert "gone" in await outcome(stage.logins.ready(BOT, ROOM, 0))
    assert stage.world.asked == []
    stage.world.leaving.set()
    await stage.clock.advance(5)
    assert await outcome(stage.logins.ready(BOT, ROOM, 0)) == BOT
