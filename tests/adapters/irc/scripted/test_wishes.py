"""What people set for themselves, and for rooms: whom they ignore, how long messages may be."""

import asyncio

import pytest

from bridgekit import Chat, Membership, Mention, Message, Rejected
from bridges.irc.fake import MODERN, fake_irc


@pytest.fixture(params=[(), MODERN], ids=["old", "modern"])
async def network(request):
    async with fake_irc(*request.param) as network:
        yield network


@pytest.fixture
async def adapter(network, adapter_on):
    return adapter_on(network.settings.port, channels={"#Room": {"lines": 4}})


@pytest.fixture
async def alice(adapter, running, person_login):
    async with running(adapter, person_login("alice")) as client:
        yield client


def does(network, *what):
    network._server.does(*what)


def whispers(host, said):
    return [said(event) for event in host.events if event.chat.private]


async def test_who_is_ignored_is_not_heard_in_private_also_after_a_restart(
    alice, adapter, network, host, said, running, person_login
):
    answer = await alice.command("ignore", ["Bob"], None)
    assert "bob" in answer.lower()
    assert "ignore them there in your Matrix client" in answer
    assert "Bob!*@*" in await alice.command("ignore", [], None)
    for who in ("bob", "carl"):
        does(network, who, "PRIVMSG", "alice", f"hi from {who}")
    await host.message("hi from carl")
    assert whispers(host, said) == ["hi from carl"]

    again = type(adapter)(adapter.config, host)
    async with again.lifespan(), running(again, person_login("dora")):
        assert again._network.personal.ignored("alice") == ["Bob!*@*"]

    assert "again" in await alice.command("unignore", ["Bob"], None)
    does(network, "bob", "PRIVMSG", "alice", "hi once more")
    await host.message("hi once more")


async def test_a_mask_ignores_all_whom_it_fits(alice, network, host, said):
    await alice.command("ignore", ["*!BO?@HOST.test"], None)
    for who in ("bob", "bobby"):
        does(network, who, "PRIVMSG", "alice", f"hi from {who}")
    await host.message("hi from bobby")
    assert whispers(host, said) == ["hi from bobby"]


async def test_how_much_somebody_ignores_has_an_end(alice, adapter):
    for number in range(100):
        await alice.command("ignore", [f"n{number}"], None)
    await alice.command("ignore", ["n7"], None)
    with pytest.raises(Rejected, match="unignore somebody first"):
        await alice.command("ignore", ["one-more"], None)
    await alice.command("unignore", ["n7"], None)
    with pytest.raises(Rejected, match="longer than anybody"):
        await alice.command("ignore", ["*" * 600], None)
    assert len(adapter._network.personal.ignored("alice")) == 99


async def test_a_private_chat_is_opened_before_anybody_has_said_anything(alice, network, host):
    assert "You are invited" in await alice.command("query", ["Bob"], None)
    assert host.events[-1].chat == Chat("bob", private=True)
    assert await alice.command("query", ["Bob", "how", "are you"], None) == "Said to Bob."
    assert network._server.said("bob") == ["alice: how are you"]


async def test_whose_nick_is_said_is_told_unless_they_want_it_otherwise(
    alice, adapter, network, host, running, bot_login
):
    async with running(adapter, bot_login(adapter)) as bot:
        await asyncio.gather(bot.enter("#room"), alice.enter("#room"))
        does(network, "bob", "JOIN", "#room")
        for setting in ("off", "on"):
            assert "say" in await alice.command("features", ["mentions", setting], None)
            does(network, "bob", "PRIVMSG", "#room", f"alice: now {setting}")
            event = await host.message(f"alice: now {setting}")
            assert isinstance(event.content, Message)
            called = [node.user for node in event.content.text if isinstance(node, Mention)]
            assert called == (["alice"] if setting == "on" else [])
        assert (await alice.command("features", [], None)).startswith("mentions: on\nThe server")


async def test_who_runs_a_channel_says_how_long_a_message_there_may_be(
    alice, adapter, network, host, running, bot_login
):
    def most():
        return alice.limits(Chat("#room")).pieces

    async with running(adapter, bot_login(adapter)) as bot:
        await asyncio.gather(bot.enter("#room"), alice.enter("#room"))
        assert most() == 4
        assert "more than 4 lines becomes a link" in await alice.command("lines", [], Chat("#room"))
        with pytest.raises(Rejected, match="Only an operator"):
            await alice.command("lines", ["7"], Chat("#room"))
        does(network, "bob", "JOIN", "#room")
        does(network, "bob", "MODE", "#room", "+o", "alice")
        await host.until(lambda: any(_ranked(event) for event in host.events))
        assert "more than 7 lines" in await alice.command("lines", ["7"], Chat("#room"))
        assert most() == 7
        await alice.command("lines", ["#ROOM", "default"], None)
        assert most() == 4
        with pytest.raises(Rejected, match="Write: lines"):
            await alice.command("lines", ["0"], Chat("#room"))


def _ranked(event):
    return isinstance(event.content, Membership) and event.content.rank is not None


async def test_relayed_names_call_nobody_where_that_is_wanted(
    network, adapter_on, running, bot_login, matrix_event
):
    adapter = adapter_on(network.settings.port, no_ping=True)
    async with running(adapter, bot_login(adapter)) as bot:
        await bot.send(matrix_event("#room", "hi", author="Alice", relayed=True))
    assert network._server.said("#room") == ["bridgekit: <A\N{ZERO WIDTH SPACE}lice> hi"]
