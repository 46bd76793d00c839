"""The newest of IRCv3, where a server has it: what refers to messages, and their past."""

import asyncio
from datetime import UTC, datetime

import pytest

from bridgekit import (
    Chat,
    Deletion,
    MatrixEvent,
    Message,
    Profile,
    Reaction,
    Rejected,
    RetryLater,
    SupportsDelete,
    SupportsHistory,
    SupportsReact,
    SupportsTyping,
    Typing,
)
from bridges.irc.client import IRCClient
from bridges.irc.modern import client_for

ALL = ("message-tags", "batch", "server-time", "echo-message", "labeled-response")
DRAFTS = ("draft/message-redaction", "draft/chathistory")


@pytest.fixture
def features():
    return "CASEMAPPING=ascii CHATHISTORY=2"


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted, features):
    """The bot, signed in to a server that has everything."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.negotiate(*ALL, *DRAFTS)
        peer.say(
            ":s.x 001 bridgekit :Welcome bridgekit!u@h",
            f":s.x 005 bridgekit {features} :are supported",
            ":s.x 422 bridgekit :no MOTD",
        )
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            yield client
            over.set()


@pytest.fixture
async def inside(bot, in_channel):
    await in_channel(bot, "ann")
    return bot


def about(content, txn="txn"):
    return MatrixEvent(Chat("#python"), content, txn, Profile("Alice"), relayed=False)


def contents(host):
    return [event.content for event in host.events]


@pytest.mark.parametrize(
    ("capability", "ability"),
    [
        ("+draft/react", SupportsReact),
        ("+typing", SupportsTyping),
        ("draft/message-redaction", SupportsDelete),
        ("draft/chathistory", SupportsHistory),
    ],
)
def test_a_connection_can_what_its_server_can(capability, ability):
    assert issubclass(client_for(IRCClient, {capability, "batch"}), ability)
    assert not issubclass(client_for(IRCClient, {"batch"}), ability)


async def test_reactions_replies_and_typing_are_tags_of_messages(inside, host):
    inside.peer.say(
        "@msgid=m1 :ann!a@h PRIVMSG #python :hi",
        "@msgid=m2;+draft/reply=m1 :ann!a@h PRIVMSG #python :and more",
        "@msgid=m3;+draft/react=👍;+draft/reply=m1 :ann!a@h TAGMSG #python",
        "@+draft/unreact=👍;+draft/reply=m1 :ann!a@h TAGMSG #python",
        "@+typing=active :ann!a@h TAGMSG #python",
        "@+typing=done :ann!a@h TAGMSG #python",
        "@+something=else :ann!a@h TAGMSG #python",
        "@+draft/react=👍;+draft/reply=m1 :bridgekit!u@h TAGMSG #python",  # our own, echoed
        f"@+draft/react={'x' * 99};+draft/reply=m1 :ann!a@h TAGMSG #python",
        ":ann!a@h REDACT #python m2 :oops",
        ":ann!a@h PRIVMSG #python :end",
    )
    await host.message("end")
    assert (await host.message("and more")).content.reply_to == "m1"
    assert contents(host)[-6:-1] == [
        Reaction("m1", "👍"),
        Reaction("m1", "👍", removed=True),
        Typing(active=True),
        Typing(active=False),
        Deletion("m2"),
    ]


@pytest.mark.parametrize(
    ("do", "line"),
    [
        (lambda c: c.react(about(Reaction("m1", "a;b c"))),
         r"@label=bk1;+draft/react=a\:b\sc;+draft/reply=m1 TAGMSG #python"),
        (lambda c: c.react(about(Reaction("m1", "👍", removed=True))),
         "@label=bk1;+draft/unreact=👍;+draft/reply=m1 TAGMSG #python"),
        (lambda c: c.typing(about(Typing(active=True))),
         "@label=bk1;+typing=active TAGMSG #python"),
        (lambda c: c.delete(about(Deletion("m1"))), "@label=bk1 REDACT #python m1"),
    ],
)  # fmt: skip
async def test_what_people_do_on_matrix_is_a_tag_on_irc(inside, do, line):
    doing = asyncio.create_task(do(inside))
    assert await inside.peer.expect("@label") == line
    inside.peer.say("@label=bk1 :s.x ACK")
    await doing


async def test_a_deletion_that_irc_refuses_is_told_and_one_of_what_is_gone_is_done(inside):
    deleting = asyncio.create_task(inside.delete(about(Deletion("m1"))))
    await inside.peer.expect("@label=bk1")
    inside.peer.say("@label=bk1 :s.x FAIL REDACT REDACT_FORBIDDEN #python m1 :Not yours")
    with pytest.raises(Rejected, match=r"delete the message in #python.*Not yours"):
        await deleting
    again = asyncio.create_task(inside.delete(about(Deletion("m1"))))
    await inside.peer.expect("@label=bk2")
    inside.peer.say("@label=bk2 :s.x FAIL REDACT UNKNOWN_MSGID #python m1 :No such message")
    await again


def batch(*lines, name="h"):
    tagged = (line if line.startswith("@") else f"@batch={name} {line}" for line in lines)
    return (f":s.x BATCH +{name} chathistory #python", *tagged, f":s.x BATCH -{name}")


async def read(history):
    return [(event.id, event.sender) async for event in history]


async def test_the_past_is_read_in_pages_and_without_what_we_said(inside, host):
    reading = asyncio.create_task(read(inside.history("#python", after="m0", limit=5)))
    assert await inside.peer.expect("CHAT") == "CHATHISTORY AFTER #python msgid=m0 2"
    inside.peer.say(
        *batch(
            "@batch=h;msgid=m1 :ann!a@h PRIVMSG #python :one",
            "@batch=h;msgid=m2 :bridgekit!u@h PRIVMSG #python :ours",
        )
    )
    assert await inside.peer.expect("CHAT") == "CHATHISTORY AFTER #python msgid=m2 2"
    inside.peer.say(*batch("@batch=h;msgid=m3 :bob!a@h PRIVMSG #python :two"))
    assert await reading == [("m1", "ann"), ("m3", "bob")]
    assert not [event for event in host.events if event.id]


async def test_the_past_since_a_moment_is_read_by_its_time_and_then_by_messages(inside):
    moment = datetime(2026, 11, 22, 8, 0, 0, 500, UTC)
    reading = asyncio.create_task(read(inside.history("#python", since=moment, limit=5)))
    asked = "CHATHISTORY AFTER #python timestamp=2026-11-22T07:59:59.999Z 2"
    assert await inside.peer.expect("CHAT") == asked
    inside.peer.say(
        *batch(
            "@batch=h;msgid=m1 :ann!a@h PRIVMSG #python :one",
            "@batch=h;msgid=m2 :bob!a@h PRIVMSG #python :two",
        )
    )
    assert await inside.peer.expect("CHAT") == "CHATHISTORY AFTER #python msgid=m2 2"
    inside.peer.say(*batch())
    assert await reading == [("m1", "ann"), ("m2", "bob")]


@pytest.mark.parametrize(
    ("asked", "line"),
    [({}, "LATEST #python *"), ({"before": "m9"}, "BEFORE #python msgid=m9")],
)
async def test_the_end_of_the_past_is_one_page(inside, asked, line):
    reading = asyncio.create_task(read(inside.history("#python", limit=1, **asked)))
    assert await inside.peer.expect("CHAT") == f"CHATHISTORY {line} 1"
    inside.peer.say(*batch("@batch=h;msgid=m1 :ann!a@h PRIVMSG #python :one"))
    assert await reading == [("m1", "ann")]


async def test_a_past_that_is_not_told_is_asked_for_later(inside):
    reading = asyncio.create_task(read(inside.history("#python", limit=1)))
    await inside.peer.expect("CHAT")
    inside.peer.say(":s.x FAIL CHATHISTORY MESSAGE_ERROR LATEST #python :Not now")
    with pytest.raises(RetryLater, match="Not now"):
        await reading


async def test_a_past_that_the_end_of_the_connection_cuts_is_asked_for_later(inside):
    """Whoever reads it is not cancelled for that: the rooms behind them would stand still."""
    reading = asyncio.create_task(read(inside.history("#python", limit=2)))
    await inside.peer.expect("CHAT")
    begin, first, *_ = batch("@batch=h;msgid=m1 :ann!a@h PRIVMSG #python :one")
    inside.peer.say(begin, first)
    inside.peer.writer.close()
    with pytest.raises(RetryLater, match="the connection is down"):
        await reading


async def test_a_new_host_of_ours_counts_for_what_fits_a_line(inside):
    inside.peer.say(":bridgekit!u@h CHGHOST user cloak.example", "PING :end")
    await inside.peer.expect("PONG end")
    assert inside._session.source == "bridgekit!user@cloak.example"


async def test_nobody_hears_what_is_tagged_for_the_bot_alone(inside, host):
    inside.peer.say("@+typing=active :ann!a@h TAGMSG bridgekit", ":ann!a@h PRIVMSG #python :end")
    await host.message("end")
    assert Typing(active=True) not in contents(host)


def several(*lines, tags=""):
    """A message of several lines by ann, as a batch of its own."""
    yield f"@msgid=whole{tags} :ann!a@h BATCH +2 draft/multiline #python"
    yield from (f"@batch=2{line}" for line in lines)
    yield ":ann!a@h BATCH -2"


async def test_a_message_of_several_lines_is_one_message(inside, host):
    first, *middle, last = several(
        " :ann!a@h PRIVMSG #python :\x02one",
        " :ann!a@h PRIVMSG #python :",
        " :ann!a@h PRIVMSG #python :thr",
        ";draft/multiline-concat :ann!a@h PRIVMSG #python :ee",
        tags=";time=2026-11-21T20:00:00.000Z",
    )
    inside.peer.say(first, *middle, ":bob!b@h PRIVMSG #python :meanwhile", last)
    event = await host.message("one\n\nthree")
    assert (event.id, event.sender, event.at.year) == ("whole", "ann", 2026)
    said = [one.sender for one in host.events if isinstance(one.content, Message)]
    assert said == ["bob", "ann"]


async def test_the_past_has_messages_of_several_lines_too(inside):
    reading = asyncio.create_task(read(inside.history("#python", limit=2)))
    await inside.peer.expect("CHAT")
    lines = several(" :ann!a@h PRIVMSG #python :a", " :ann!a@h PRIVMSG #python :b", tags=";batch=h")
    begin, end = ":s.x BATCH +h chathistory #python", ":s.x BATCH -h"
    inside.peer.say(begin, *lines, "@batch=h;msgid=m1 :bob!b@h PRIVMSG #python :c", end)
    assert await reading == [("whole", "ann"), ("m1", "bob")]


async def test_a_nick_that_the_server_tells_under_its_new_name_is_ours(
    adapter_on, person_login, running, scripted, host
):
    """As InspIRCd does where it answers a label."""

    async def script(peer):
        await peer.negotiate("labeled-response", "batch", "message-tags")
        peer.say(":s.x 001 alice :Hi", ":s.x 422 alice :no MOTD")
        assert await peer.expect("@label") == "@label=bk1 NICK alicia"
        peer.say("@label=bk1 :alicia!a@h NICK :alicia")
        await peer.hangs_up()

    async with scripted(script) as port, running(adapter_on(port), person_login("alice")) as client:
        answer = await client.command("nick", ["alicia"], None)
        assert (answer, client.me) == ("You are alicia on IRC now.", "alicia")
    assert host.identities == [("alice", "alicia")]
    assert host.renewed["alice"]["nick"] == "alicia"
