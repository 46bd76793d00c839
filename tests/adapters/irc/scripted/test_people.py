"""Connections of people beside the bot's: private messages, renames, and who tells of what."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bridgekit import Chat, ChatInfo, Rejected, Sent


@pytest.fixture
async def stage(adapter_on, bot_login, person_login, running, scripted):
    """The bot and Alice's connection, in one channel, and the server's side of both."""
    peers = asyncio.Queue()
    over = asyncio.Event()

    async def script(peer):
        nick = await peer.welcome("CASEMAPPING=rfc1459", "NICKLEN=30")
        await peer.enter(nick, "bridgekit", "alice")
        peers.put_nowait(peer)
        await over.wait()

    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(scripted(script))
        adapter = adapter_on(port)
        clients = []
        for login in (bot_login(adapter), person_login("alice")):
            client = await stack.enter_async_context(running(adapter, login))
            await client.enter("#c")
            client.peer = await peers.get()
            clients.append(client)
        yield clients
        over.set()


async def settled(*clients):
    """Everything that the server has said so far has been read."""
    for client in clients:
        client.peer.say("PING :settled")
        await client.peer.expect("PONG settled")


async def test_a_private_message_is_a_chat_with_its_sender(stage, host):
    _, alice = stage
    alice.peer.say(":Bob[x]!b@h PRIVMSG alice :psst", ":Bob[x]!b@h NOTICE ALICE :psst!")
    await host.message("psst!")
    event = await host.message("psst")
    assert event.chat == Chat("bob{x}", private=True)
    assert event.sender == "bob{x}"
    assert await alice.chat_info("bob{x}") == ChatInfo(id="bob{x}", direct=True)


async def test_only_the_login_that_listens_tells_of_a_channel(stage, host):
    bot, alice = stage
    before = len(host.events)
    for client in (alice, bot):
        client.peer.say(":bob!b@h PRIVMSG #c :hi", ":bob!b@h JOIN #c")
    await settled(alice, bot)
    assert len(host.events) == before + 2


async def test_a_private_message_goes_to_the_nick_as_it_is_written(stage, matrix_event):
    bot, alice = stage
    bot.peer.say(":Bob[x]!b@h JOIN #c")
    await settled(bot)

    async def serve():
        assert await alice.peer.expect("PRIVMSG") == "PRIVMSG Bob[x] :hi"
        alice.peer.say(":s.x PONG s.x bk1")

    sent, _ = await asyncio.gather(alice.send(matrix_event("bob{x}", "hi")), serve())
    assert sent == Sent()


async def test_a_private_message_to_nobody_is_explained(stage, matrix_event):
    _, alice = stage

    async def serve():
        await alice.peer.expect("PRIVMSG")
        alice.peer.say(":s.x 401 alice ghost :No such nick", ":s.x PONG s.x bk1")

    with pytest.raises(Rejected, match="ghost: nobody has this nick"):
        await asyncio.gather(alice.send(matrix_event("ghost", "hi")), serve())


async def test_a_rename_by_the_server_is_told_and_makes_no_ghost(stage, host):
    bot, alice = stage
    before = len(host.events)
    alice.peer.say(":alice!u@h NICK :Guest1")
    await settled(alice)
    assert host.identities == [("alice", "guest1")]
    assert alice.me == "guest1"
    # What the bot's socket brings later: said by us under the old nick, then the same change.
    bot.peer.say(
        ":alice!u@h PRIVMSG #c :ours",
        ":alice!u@h NICK :Guest1",
        ":Guest1!u@h PRIVMSG #c :also ours",
        ":bob!b@h PRIVMSG #c :not ours",
    )
    event = await host.message("not ours")
    assert (event.sender, len(host.events)) == ("bob", before + 1)
    assert len(host.identities) == 1


async def test_a_rename_that_the_bot_sees_first_is_told_between_what_was_said(stage, host):
    bot, alice = stage
    before = len(host.events)
    bot.peer.say(
        ":bob!b@h PRIVMSG #c :before", ":alice!u@h NICK :Guest1", ":bob!b@h PRIVMSG #c :after"
    )
    await host.message("after")
    assert host.identities == [("alice", "guest1")]
    assert alice.me == "guest1"
    assert len(host.events) == before + 2
    alice.peer.say(":alice!u@h NICK :Guest1", ":bob!b@h PRIVMSG Guest1 :psst")
    await host.message("psst")
    assert len(host.identities) == 1


async def test_somebody_else_with_a_nick_that_was_ours_is_somebody_else(stage, host):
    bot, alice = stage
    alice.peer.say(":alice!u@h NICK :Guest1")
    await settled(alice)
    bot.peer.say(":alice!other@h JOIN #c", ":alice!other@h PRIVMSG #c :not you")
    assert (await host.message("not you")).sender == "alice"
