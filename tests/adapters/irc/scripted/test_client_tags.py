"""What a server hands on of the tags of clients, and the messages that answer others with one."""

import asyncio
from dataclasses import replace

import pytest

from bridgekit import Chat, MatrixEvent, Profile, SupportsReact, SupportsTyping, Typing

CAPS = ("message-tags", "batch", "echo-message", "labeled-response")


@pytest.fixture
def offered():
    return CAPS


@pytest.fixture
def denied():
    return ""


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted, in_channel, offered, denied):
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.negotiate(*offered)
        peer.say(
            ":s.x 001 bridgekit :Welcome bridgekit!u@h",
            f":s.x 005 bridgekit NICKLEN=30{denied} :are supported",
            ":s.x 422 bridgekit :no MOTD",
        )
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            await in_channel(client, "ann")
            yield client
            over.set()


@pytest.mark.parametrize(
    ("denied", "can"),
    [
        ("", (True, True, True)),
        (" CLIENTTAGDENY=*", (False, False, False)),
        (" CLIENTTAGDENY=*,-typing,-draft/reply", (False, True, True)),
        (" CLIENTTAGDENY=draft/unreact", (False, True, True)),
        (" CLIENTTAGDENY=typing,other", (True, False, True)),
        (" CLIENTTAGDENY", (True, True, True)),
    ],
)
async def test_what_a_server_takes_away_is_not_sent(bot, can):
    replies = bot.limits(Chat("#python")).replies
    assert (isinstance(bot, SupportsReact), isinstance(bot, SupportsTyping), replies) == can


async def test_who_types_enters_no_channel(bot):
    for chat in ("#other", "#python"):
        event = MatrixEvent(Chat(chat), Typing(active=True), "t", Profile("Alice"), relayed=False)
        typing = asyncio.create_task(bot.typing(event))
        if chat == "#python":
            assert await bot.peer.expect("") == "@label=bk1;+typing=active TAGMSG #python"
            bot.peer.say("@label=bk1 :s.x ACK")
        await typing


def answer(matrix_event, text):
    event = matrix_event("#python", text)
    return replace(event, content=replace(event.content, reply_to="m;1"))


async def sent(bot, event):
    sending = asyncio.create_task(bot.send(event))
    line = await bot.peer.expect("@label=bk1")
    bot.peer.say("@label=bk1 :s.x ACK")
    await sending
    return line


async def test_an_answer_says_what_it_answers(bot, matrix_event):
    line = await sent(bot, answer(matrix_event, "yes"))
    assert line == r"@label=bk1;+draft/reply=m\:1 PRIVMSG #python :yes"


async def test_of_an_answer_of_several_lines_the_first_says_so(bot, matrix_event):
    first, second = bot.split(answer(matrix_event, "yes\nno"))
    assert (first.reply_to, second.reply_to) == ("m;1", None)


@pytest.mark.parametrize("offered", [(*CAPS, "draft/multiline=max-bytes=1000")])
async def test_of_one_message_of_several_lines_the_whole_says_so(bot, matrix_event):
    (whole,) = bot.split(answer(matrix_event, "yes\nno"))
    event = replace(matrix_event("#python", ""), content=whole)
    assert await sent(bot, event) == (
        r"@label=bk1;+draft/reply=m\:1 BATCH +bk draft/multiline #python"
    )


@pytest.mark.parametrize("offered", [(*CAPS, "draft/relaymsg=/")])
async def test_an_answer_for_somebody_else_says_so_too(bot, matrix_event):
    event = answer(matrix_event, "yes")
    assert await sent(bot, replace(event, relayed=True)) == (
        r"@label=bk1;+draft/reply=m\:1 RELAYMSG #python Alice/mx yes"
    )


@pytest.mark.parametrize("denied", [" LINELEN=1024"])
async def test_a_line_is_as_long_as_the_server_says(bot, matrix_event):
    event = matrix_event("#python", "x" * 900)
    assert len(bot.split(event)) == 1
    assert (await sent(bot, event)).endswith("x" * 900)
    assert len(bot.split(matrix_event("#python", "x" * 1100))) == 2
    with pytest.raises(Exception, match="at most 1024 bytes"):
        await bot.command("raw", ["x" * 1023], None)
