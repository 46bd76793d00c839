"""Netsplits: who comes back in time was never gone, and who does not has left."""

import asyncio

import pytest

from bridgekit import Membership, MemberState, Rank

CROWD = [f"p{number}" for number in range(20)]


@pytest.fixture
def moment():
    return 0.2


@pytest.fixture
def patience():
    return 600.0  # nobody waits until it is over


soon = pytest.mark.parametrize("patience", [0.4])  # somebody does


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted, in_channel, moment, patience):
    """The bot in #python, among a crowd, with little time and then some patience."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30", "PREFIX=(ov)@+")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port, splits={"moment": moment, "patience": patience})
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            await in_channel(client, "@op", *CROWD)
            yield client
            over.set()


def moves(host):
    return [event.content for event in host.events if isinstance(event.content, Membership)]


def left(name, reason):
    return Membership(name, MemberState.LEAVE, reason)


async def settled(bot):
    bot.peer.say("PING :settled")
    await bot.peer.expect("PONG settled")


async def test_a_split_that_heals_costs_nothing(bot, host):
    bot.peer.say(*(f":{name}!u@h QUIT :hub.example.net leaf.example.net" for name in CROWD))
    bot.peer.say(*(f":{name}!u@h JOIN #python" for name in CROWD))
    bot.peer.say(":p1!u@h PART #python :bye")
    await host.until(lambda: left("p1", "bye") in moves(host))
    assert moves(host) == [left("p1", "bye")]


@soon
async def test_who_does_not_come_back_in_time_has_left(bot, host):
    bot.peer.say(*(f":{name}!u@h QUIT :hub.example.net leaf.example.net" for name in CROWD))
    bot.peer.say(*(f":{name}!u@h JOIN #python" for name in CROWD[1:]))
    gone = left("p0", "hub.example.net leaf.example.net")
    await host.until(lambda: moves(host))
    assert moves(host) == [gone]


@soon
async def test_a_batch_says_that_it_is_one(bot, host):
    bot.peer.say(":s.x BATCH +x netsplit a.b c.d")
    bot.peer.say(*(f"@batch=x :{name}!u@h QUIT :gone" for name in CROWD[:3]), ":s.x BATCH -x")
    bot.peer.say(":p9!u@h QUIT :goodbye")  # one of its own, told before any of them
    await host.until(lambda: len(moves(host)) == 4)
    assert moves(host)[0] == left("p9", "goodbye")


async def test_many_with_one_reason_are_one_split(bot, host):
    bot.peer.say(*(f":{name}!u@h QUIT :Connection reset" for name in CROWD[:6]))
    bot.peer.say(":p9!u@h QUIT :goodbye")
    await host.until(lambda: moves(host))
    assert moves(host) == [left("p9", "goodbye")]
    bot.peer.say(*(f":{name}!u@h JOIN #python" for name in CROWD[:6]))
    await settled(bot)
    assert moves(host) == [left("p9", "goodbye")]


async def test_an_operator_who_comes_back_has_no_rank_until_it_is_given(bot, host):
    bot.peer.say(":op!u@h QUIT :a.b c.d", ":op!u@h JOIN #python", ":s.x MODE #python +o op")
    await host.until(lambda: len(moves(host)) == 2)
    assert [(move.state, move.rank) for move in moves(host)] == [
        (MemberState.JOIN, Rank.MEMBER),
        (MemberState.JOIN, Rank.MODERATOR),
    ]


async def test_a_list_of_names_in_the_middle_of_a_split_puts_nobody_out(bot, host):
    bot.peer.say(*(f":{name}!u@h QUIT :a.b c.d" for name in CROWD))
    bot.peer.say(":s.x 353 bridgekit = #python :bridgekit op", ":s.x 366 bridgekit #python :End")
    await settled(bot)
    told = host.events[-1].content.info.members
    assert {member.user for member in told} == {"op", *CROWD}


@pytest.mark.parametrize("moment", [0])
async def test_where_nothing_waits_each_quit_is_told_at_once(bot, host):
    bot.peer.say(":p1!u@h QUIT :a.b c.d")
    await settled(bot)
    assert moves(host) == [left("p1", "a.b c.d")]
