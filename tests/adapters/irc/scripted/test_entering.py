"""Entering very many channels: in few lines, and whatever becomes of one stops no other."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bridgekit import Rejected, RetryLater
from bridgekit.login.entering import Entering
from bridgekit.testing.clock import VirtualClock

CHATS = [f"#channel{number}" for number in range(200)]
FEWEST = -(-sum(len(f"{chat},") for chat in CHATS) // (512 - len("JOIN \r\n")))


@asynccontextmanager
async def entering(client, chats):
    """Enters them as the core does; yields what became of each, and what waits for some of it."""
    became, changed = {}, asyncio.Condition()

    async def enter(chat):
        try:
            await client.enter(chat)
        except (Rejected, RetryLater) as error:
            became[chat] = error
            raise
        else:
            became[chat] = None
        finally:
            async with changed:
                changed.notify_all()

    async def until(wanted):
        async with changed:
            await changed.wait_for(wanted)

    core = Entering("bot", enter, {}, float, VirtualClock(), client.enters_at_once)
    task = asyncio.create_task(core.run())
    core.want(iter(chats))
    try:
        yield became, until
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def asked(peer):
    """The channels of the next JOIN."""
    return (await peer.expect("JOIN ")).split()[1].split(",")


def let_in(peer, chats):
    for chat in chats:
        peer.say(
            f":bridgekit!u@host.test JOIN {chat}",
            f":irc.test 353 bridgekit = {chat} :bridgekit",
            f":irc.test 366 bridgekit {chat} :End of /NAMES list.",
        )


@pytest.fixture
def on(adapter_on, bot_login, running, scripted):
    """A bot on a server that plays `script` behind the welcome; it waits long for an answer."""

    @asynccontextmanager
    async def on(script):
        async def welcoming(peer):
            await peer.welcome("CASEMAPPING=ascii")
            await script(peer)
            await peer.hangs_up()

        async with scripted(welcoming) as port:
            adapter = adapter_on(port, flood={"rate": 0.001})
            yield lambda: running(adapter, bot_login(adapter))

    return on


async def test_many_channels_are_asked_for_in_as_few_lines_as_they_fit_into(on):
    lines = []

    async def script(peer):
        while sum(map(len, lines)) < len(CHATS):
            lines.append(await asked(peer))
            let_in(peer, lines[-1])

    async with (
        on(script) as connected,
        connected() as client,
        entering(client, CHATS) as (became, until),
    ):
        await until(lambda: len(became) == len(CHATS))
        assert set(became.values()) == {None}
        assert set(client.channels) == set(CHATS)
    assert [chat for line in lines for chat in line] == CHATS
    assert len(lines) <= FEWEST + 1


async def test_the_channels_of_the_next_line_wait_for_no_more_than_one_answer_to_the_last(on):
    """One is refused, and the server is silent about all others that are with it in the line."""
    refused = []

    async def script(peer):
        heard = await asked(peer)
        refused.append(heard[-1])
        peer.say(f":irc.test 471 bridgekit {heard[-1]} :Cannot join channel (+l)")
        while heard[-1] != CHATS[-1]:
            heard = await asked(peer)
            let_in(peer, heard)

    async with (
        on(script) as connected,
        connected() as client,
        entering(client, CHATS) as (became, until),
    ):
        await until(lambda: CHATS[-1] in became)
        assert isinstance(became.pop(refused[0]), Rejected)
        behind = CHATS[CHATS.index(refused[0]) + 1 :]
        assert became == dict.fromkeys(behind)


async def test_a_connection_that_is_lost_between_two_lines_loses_no_channel(on):
    connections = []

    async def script(peer):
        connections.append(peer)
        let_in(peer, await asked(peer))
        if len(connections) == 1:
            await asked(peer)
            peer.writer.close()
            return
        while True:
            let_in(peer, await asked(peer))

    async with on(script) as connected:
        async with connected() as client, entering(client, CHATS) as (became, until):
            await until(lambda: len(became) == len(CHATS))
            entered = [chat for chat in CHATS if became[chat] is None]
            assert 0 < len(entered) < len(CHATS)
            lost = {str(error) for error in became.values() if error is not None}
            assert lost == {"The connection to IRC is down."}
        async with connected() as client, entering(client, CHATS) as (became, until):
            await until(lambda: len(became) == len(CHATS))
            assert set(became.values()) == {None}
