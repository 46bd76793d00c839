"""Bad input, from both sides: nothing of it is a command, nothing of it ends the connection."""

import asyncio

import pytest

from bridgekit import (
    Chat,
    ChatChange,
    ChatInfo,
    MatrixEvent,
    Membership,
    MemberState,
    Mention,
    Message,
    Profile,
    Rejected,
    RetryLater,
    Text,
)

ENDINGS = ("\r\n", "\n", "\r", "\0", "\v", "\f", "\x85", "\u2028", "\u2029")
HERE = Chat("#python")
COMMANDS = frozenset(
    [
        "AWAY",
        "INVITE",
        "JOIN",
        "KICK",
        "MODE",
        "NICK",
        "PART",
        "PING",
        "PRIVMSG",
        "TOPIC",
        "VERSION",
    ]
)


def evil(ending):
    return f"nice{ending}QUIT :gone"


def event(content, author="Alice"):
    return MatrixEvent(HERE, content, "t", Profile(author), relayed=author != "Alice")


def done_by(client, ending):
    """Every text that people on Matrix can put into something, each with a line's end in it."""
    text = evil(ending)
    return {
        "name": client.send(event(Message((Text("hi"),)), author=text)),
        "mention": client.send(event(Message((Mention(text, None),)))),
        "topic": client.change_chat(event(ChatChange(ChatInfo(topic=text)))),
        "kick": client.set_member(event(Membership("ann", MemberState.KICK, text))),
        "part": client.set_member(event(Membership(client.me, MemberState.LEAVE, text))),
        "whom": client.set_member(event(Membership(text, MemberState.INVITE))),
        "key": client.command("join", ["#other", text], HERE),
        "nick": client.command("nick", [text], None),
        "mask": client.command("ban", [text], HERE),
        "said": client.command("msg", ["NickServ", text], None),
        "quit": client.command("away", [text], None),
        "raw": client.command("raw", ["VERSION", text], None),
        "chat": client.enter(f"#{text}"),
    }


@pytest.mark.parametrize("ending", ENDINGS, ids=ascii)
async def test_no_text_of_matrix_is_a_second_line(
    adapter_on, person_login, running, scripted, ending
):
    heard, over = [], asyncio.Event()

    async def script(peer):
        await peer.welcome("NICKLEN=30", "PREFIX=(ov)@+")
        while not over.is_set():
            line = await peer.next()
            heard.append(line)
            if line.startswith("PING "):
                peer.say(f":s.x PONG s.x {line.removeprefix('PING ')}")
            if line.startswith("JOIN ") and "nice" not in line:
                channel = line.split()[1]
                peer.say(f":nice!u@h JOIN {channel}", f":s.x 366 nice {channel} :End")

    async with scripted(script) as port:
        async with running(adapter_on(port, timeout=0.5), person_login("nice")) as client:
            outcomes = await asyncio.gather(
                *done_by(client, ending).values(), return_exceptions=True
            )
        over.set()
    assert not [line for line in heard if set("\r\n\0") & set(line)]
    assert {line.split()[0] for line in heard} <= COMMANDS
    assert any("nice" in line and "gone" in line for line in heard)  # as text
    assert all(isinstance(one, Rejected | RetryLater) for one in map(failure, outcomes) if one)


def failure(outcome):
    return outcome if isinstance(outcome, BaseException) else None


@pytest.mark.parametrize(
    "line",
    [
        b"@" + b"t" * 20_000 + b" :ann!a@h PRIVMSG #python :over-long tags",
        b":ann!a@h PRIVMSG #python :" + b"x" * 20_000,
        b":" + b"n" * 9_000 + b" PRIVMSG #python :over-long source",
        b"@;;=;==;\\:\\ :ann!a@h",
        b"@time=never;msgid= :ann!a@h FOO",
        b"@time=9999-99-99T99:99:99.999Z :ann!a@h PART",
        b"@batch=none :ann!a@h BATCH",
        b"BATCH -nothing",
        b"BATCH +x netsplit",
        b":ann!a@h MODE #python +ovvvvvvvv",
        b":ann!a@h MODE #python",
        b":ann!a@h KICK #python",
        b":ann!a@h NICK",
        b":s.x 005 bridgekit CASEMAPPING= PREFIX=) NICKLEN=many CHANMODES=,,, :are",
        b":s.x 353 bridgekit = #python :" + b"@" * 400,
        b":s.x 324 bridgekit #python",
        b":s.x 332",
        b"\xff\xfe\xfd",
        b"\x00\x01\x02",
        b":ann!a@h TAGMSG",
        b"FAIL",
        b":s.x 730 bridgekit :",
        b":s.x 470 bridgekit #python",
        b":s.x PONG",
        b"ERROR",
    ],
    ids=lambda line: ascii(line[:24]),
)  # fmt: skip
async def test_no_line_of_a_server_ends_the_connection(bot, host, in_channel, line):
    peer = await in_channel(bot, "ann")
    peer.say(line, ":ann!a@h PRIVMSG #python :still here")
    assert (await host.message("still here")).sender == "ann"


@pytest.mark.parametrize(
    "nick",
    ["@room", "<b>bold</b>", "\u202egnp.exe", "@alice:example.org", "a&b", "#python", "x" * 300],
)
async def test_a_hostile_nick_is_a_name_and_no_more(bot, host, in_channel, nick):
    peer = await in_channel(bot, "ann")
    peer.say(f":{nick}!u@h JOIN #python", f":{nick}!u@h PRIVMSG #python :hello @room <b>x</b>")
    heard = await host.message("hello @room <b>x</b>")
    assert isinstance(heard.content, Message)
    assert heard.content.text == (Text("hello @room <b>x</b>"),)
    assert heard.sender is not None
    assert [info.name for info in heard.people if info.name] != []


async def test_a_line_that_is_refused_by_us_is_refused_with_a_sentence(bot, in_channel):
    await in_channel(bot)
    with pytest.raises(Rejected, match="would end the IRC line"):
        await bot.command("raw", ["VERSION\nQUIT"], None)
