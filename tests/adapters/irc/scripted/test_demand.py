"""Which channels people may have bridged by themselves, and in how many they may be."""

import asyncio

import pytest

from bridgekit import Chat, Rejected
from bridges.irc.casemap import CaseMapping, fold
from bridges.irc.config import Demand
from bridges.irc.demand import withheld


def folded(name):
    return fold(name, CaseMapping.RFC1459)


@pytest.mark.parametrize(
    ("chat", "exclude", "is_withheld"),
    [
        ("#secret", ["#secret"], True),
        ("#secret", ["#Secret"], True),
        ("#a{b", ["#a[b"], True),
        ("#secrets", ["#secret"], False),
        ("#staff-room", ["#staff-*"], True),
        ("#staff", ["#staff-*"], False),
        ("#python", ["#secret", "#*"], True),
        ("#python", [], False),
    ],
)
def test_excluded_channels_are_withheld_in_any_spelling(chat, exclude, is_withheld):
    why = withheld(chat, Demand(exclude=exclude), (), folded)
    assert bool(why) is is_withheld
    assert not why or chat in why


def test_what_is_bridged_already_is_not_withheld():
    demand = Demand(exclude=["#secret"], most=1)
    assert withheld("#secret", demand, {"#secret"}, folded) == ""


def test_there_may_be_no_more_than_the_operator_allows():
    demand = Demand(most=2)
    assert withheld("#new", demand, {"#one"}, folded) == ""
    assert "no more than 2" in withheld("#new", demand, {"#one", "#two"}, folded)
    assert withheld("#new", Demand(most=0), (), folded)


@pytest.mark.parametrize("setting", [{"exclude": ["secret"]}, {"most": -1}, {"only": []}])
def test_what_makes_no_sense_is_refused(setting):
    with pytest.raises(ValueError, match=r"exclude|most|only"):
        Demand.model_validate(setting)


def test_the_adapter_knows_what_is_bridged(adapter_on, host):
    adapter = adapter_on(1, on_demand={"exclude": ["#secret"], "most": 2})
    assert adapter.withheld("#secret")
    assert not adapter.withheld("#new")
    host.linked = [Chat("#one"), Chat("#secret"), Chat("ann", private=True)]
    assert not adapter.withheld("#secret")
    assert "has 2 channels" in adapter.withheld("#new")


async def test_what_is_allowed_is_told_to_whoever_asks(
    adapter_on, running, bot_login, scripted, host
):
    async def script(peer):
        await peer.welcome()
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port, on_demand={"most": 7}, people={"most": 200}, max_lines=9)
        host.linked = [Chat("#one"), Chat("ann", private=True)]
        async with running(adapter, bot_login(adapter)) as bot:
            assert (await bot.command("limits", (), None)).splitlines() == [
                "channels bridged: 1, at most 7 on demand",
                "channels that one person may be in: any number",
                "people connected at once: at most 200",
                "lines of a message: at most 9",
                "lines of a connection: 5 at once, then 0.5 a second",
            ]


async def test_a_person_is_in_no_more_channels_than_the_operator_allows(
    adapter_on, running, person_login, scripted, matrix_event
):
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port, people={"channels": 1})
        async with running(adapter, person_login("alice")) as alice:
            peer = await peers.get()
            await asyncio.gather(alice.enter("#one"), peer.enter("alice"))
            with pytest.raises(Rejected, match=r"in 1 channels .* more than 1: leave one"):
                await alice.send(matrix_event("#two", "hi"))
            with pytest.raises(Rejected, match="leave one"):
                await alice.command("join", ["#Two"], None)
            await alice.enter("#one")
            peer.say(":alice!u@host.test PART #one", "PING :left")
            await peer.expect("PONG left")
            await asyncio.gather(alice.enter("#two"), peer.enter("alice"))
            over.set()
