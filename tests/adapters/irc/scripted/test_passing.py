"""What others say in a channel costs a person's connection nothing where the bot tells of it."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bridges.irc import reading


@pytest.fixture
async def stage(adapter_on, bot_login, person_login, running, scripted):
    """The bot and Alice's connection, in one channel, and the server's side of both."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        nick = await peer.welcome("CASEMAPPING=rfc1459", "NICKLEN=30")
        await peer.enter(nick, "bridgekit", "alice", "bob")
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
            await settled(client)
        yield clients
        over.set()


async def settled(client):
    """Everything that the server has said so far has been read."""
    client.peer.say("PING :settled")
    await client.peer.expect("PONG settled")


@pytest.fixture
def parsed(monkeypatch):
    """The lines that are read."""
    lines, parse = [], reading.parse

    def parsing(text):
        lines.append(text)
        return parse(text)

    monkeypatch.setattr(reading, "parse", parsing)
    return lines


async def test_what_others_say_where_the_bot_tells_it_is_not_read_by_anybody_else(
    stage, host, parsed
):
    bot, alice = stage
    before = len(host.calls)
    tagged = "@time=2026-01-01T00:00:00.000Z;msgid=1;account=bob :bob!b@h PRIVMSG #c :tagged"
    said = [*(f":bob!b@h PRIVMSG #c :number {number}" for number in range(998)), tagged]
    said += [":bob!b@h NOTICE #C :aloud", ":x!b@h PRIVMSG #c :\x01ACTION calls alice\x01"]
    alice.peer.say(*said)
    await settled(alice)
    assert parsed == ["PING :settled"]
    assert len(host.calls) == before
    bot.peer.say(*said)
    await host.message("number 997")
    await settled(bot)
    assert parsed[1:-1] == said


@pytest.mark.parametrize(
    "line",
    [
        ":alice!u@host.test PRIVMSG #c :our own",
        ":ALICE!u@host.test NOTICE #c :our own",
        ":bob!b@h PRIVMSG alice :psst",
        ":bob!b@h PRIVMSG alice :\x01VERSION\x01",
        ":NickServ!s@services NOTICE alice :You are now identified",
        ":irc.test NOTICE #c :*** the server says",
        "@time=2026-01-01T00:00:00.000Z;msgid=1 :alice!u@host.test PRIVMSG #c :our own",
        "@label=1 :bob!b@h PRIVMSG #c :an answer",
        "@time=2026-01-01T00:00:00.000Z;batch=x :bob!b@h PRIVMSG #c :of a batch",
        "@msgid=1  :bob!b@h PRIVMSG #c :odd",
        "@msgid=1 PRIVMSG #c :from nobody",
        "@batch=x :bob!b@h PRIVMSG #c :of a batch",
        ":bob!b@h PRIVMSG @#c :to some",
        ":bob!b@h PRIVMSG #elsewhere :where we are not",
        ":bob!b@h PRIVMSG #c",
        ":bob!b@h PRIVMSG #c :",
        ":bob!b@h PRIVMSG #c word",
        ":bob!b@h  PRIVMSG #c :odd",
        ":bób!b@h PRIVMSG #c :not ASCII",
        ":bob!b@h PRIVMSG #c :no\0thing",
        "PRIVMSG #c :from nobody",
        ":bob!b@h TAGMSG #c",
        ":bob!b@h JOIN #c",
        ":bob!b@h PART #c",
        ":bob!b@h NICK bobby",
        ":bob!b@h MODE #c +o alice",
        ":bob!b@h TOPIC #c :new",
        ":bob!b@h KICK #c alice :out",
        ":bob!b@h INVITE alice #d",
        ":bob!b@h QUIT :gone",
    ],
)
async def test_all_else_is_read(stage, parsed, line):
    _, alice = stage
    alice.peer.say(line)
    await settled(alice)
    assert parsed == [line.replace("\0", ""), "PING :settled"]


async def test_the_echo_of_what_a_person_says_confirms_it(stage, matrix_event):
    _, alice = stage

    async def serve():
        assert await alice.peer.expect("PRIVMSG") == "PRIVMSG #c :hi"
        alice.peer.say(":alice!u@host.test PRIVMSG #c :hi")

    sent, _ = await asyncio.gather(alice.send(matrix_event("#c", "hi")), serve())
    assert sent.ids == ()


async def test_from_when_the_bot_is_put_out_a_person_listens(stage, host, said):
    bot, alice = stage
    out = ":op!o@h KICK #c bridgekit :out"
    alice.peer.say(":bob!b@h PRIVMSG #C :before", out, ":bob!b@h PRIVMSG #C :behind")
    await settled(alice)
    host.listeners.add("alice")  # as the core does once she stands in
    bot.peer.say(":bob!b@h PRIVMSG #C :before", out)
    await host.message("behind")
    told = [event for event in host.events if said(event) in ("before", "behind")]
    assert [said(event) for event in told] == ["before", "behind"]


async def test_whom_the_core_has_listen_reads_all(stage, host):
    _, alice = stage
    host.listeners.add("alice")
    alice.peer.say(":bob!b@h PRIVMSG #C :heard")
    await host.message("heard")


async def test_behind_a_batch_that_is_not_over_nothing_passes(stage, host):
    """The bot has gone with it: what comes behind is for whoever stands in."""
    bot, alice = stage
    gone = "@batch=1 :bridgekit!b@h QUIT :a.test b.test"
    alice.peer.say(":irc.test BATCH +1 netsplit a.test b.test", gone)
    await turns()
    alice.peer.say(":bob!b@h PRIVMSG #c :behind")
    await turns()
    host.listeners.add("alice")  # as the core does once she stands in
    alice.peer.say(":irc.test BATCH -1")
    bot.peer.say(":op!o@h KICK #c bridgekit :out")
    await host.message("behind")


async def turns():
    """Time for what was said to arrive."""
    for _ in range(20):
        await asyncio.sleep(0)
