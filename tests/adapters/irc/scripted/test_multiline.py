"""Sending draft/multiline: a long message is one, whatever the length of a line."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import LineBreak, Message, MessageKind, Rejected, Sent, Text
from bridges.irc.codes import encode
from bridges.irc.layout import lines
from bridges.irc.multiline import Most, messages, most, pieces
from tests.fuzz.effort import tries

CAPS = (
    "message-tags", "batch", "echo-message", "labeled-response",
    "draft/multiline=max-bytes=1000,max-lines=4",
)  # fmt: skip


@pytest.fixture
def offered():
    return CAPS


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted, in_channel, offered):
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.negotiate(*offered)
        peer.say(":s.x 001 bridgekit :Welcome bridgekit!u@h", ":s.x 422 bridgekit :no MOTD")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            await in_channel(client, "ann")
            yield client
            over.set()


def text_of(*written):
    nodes = [node for line in written for node in (LineBreak(), Text(line))]
    return tuple(nodes[1:])


async def heard(bot, until):
    said = []
    while not said or not said[-1].startswith(until):
        said.append(await bot.peer.next())
    return said


async def test_several_lines_are_sent_as_one_message_with_one_id(bot, matrix_event):
    event = matrix_event("#python", text_of("one", "two"))
    (part,) = bot.split(event)
    await bot.pace(event)
    sending = asyncio.create_task(bot.send(matrix_event("#python", part.text)))
    assert await heard(bot, "BATCH -") == [
        "@label=bk1 BATCH +bk draft/multiline #python",
        "@batch=bk PRIVMSG #python :one",
        "@batch=bk PRIVMSG #python :two",
        "BATCH -bk",
    ]
    bot.peer.say(
        "@label=bk1;msgid=m1 :bridgekit!u@h BATCH +7 draft/multiline #python",
        "@batch=7 :bridgekit!u@h PRIVMSG #python :one",
        "@batch=7 :bridgekit!u@h PRIVMSG #python :two",
        ":s.x BATCH -7",
    )
    assert await sending == Sent(("m1",))


async def test_a_long_line_goes_on_with_nothing_left_out(bot, matrix_event):
    whole = "word " * 150 + "end"
    (part,) = bot.split(matrix_event("#python", whole))
    sending = asyncio.create_task(bot.send(matrix_event("#python", part.text)))
    _, first, second, _ = await heard(bot, "BATCH -")
    assert second.startswith("@batch=bk;draft/multiline-concat PRIVMSG #python :word")
    assert first.split(" :", 1)[1] + second.split(" :", 1)[1] == whole
    bot.peer.say("@label=bk1 :s.x ACK")
    assert await sending == Sent()


async def test_what_a_server_refuses_is_told(bot, matrix_event):
    sending = asyncio.create_task(bot.send(matrix_event("#python", text_of("one", "two"))))
    await heard(bot, "BATCH -")
    bot.peer.say("@label=bk1 :s.x FAIL BATCH MULTILINE_MAX_LINES 1 :Too many lines")
    with pytest.raises(Rejected, match="Too many lines"):
        await sending


async def test_more_than_one_message_may_have_is_several(bot, matrix_event):
    parts = bot.split(matrix_event("#python", text_of(*"abcdef")))
    assert [len(part.text) for part in parts] == [4 + 3, 2 + 1]  # lines, and what is between


async def test_one_line_is_a_message_as_ever(bot, matrix_event):
    sending = asyncio.create_task(bot.send(matrix_event("#python", "hi")))
    assert await bot.peer.expect("@label") == "@label=bk1 PRIVMSG #python :hi"
    bot.peer.say("@label=bk1 :s.x ACK")
    await sending


@pytest.mark.parametrize("how", [{"kind": MessageKind.EMOTE}, {"relayed": True}])
async def test_what_each_line_says_by_itself_is_sent_line_by_line(bot, matrix_event, how):
    """An action is CTCP, and who is relayed is named in front of each line."""
    assert len(bot.split(matrix_event("#python", text_of("one", "two"), **how))) == 2


@pytest.mark.parametrize("offered", [CAPS[:3] + CAPS[4:], CAPS[:4]])
async def test_where_it_cannot_be_confirmed_or_is_not_offered_lines_are_messages(bot, matrix_event):
    assert len(bot.split(matrix_event("#python", text_of("one", "two")))) == 2


@pytest.mark.parametrize(
    ("value", "limit"),
    [("max-bytes=40,max-lines=3", Most(40, 3)), ("max-bytes=40", Most(40, 40)), ("", None),
     ("max-lines=3", None), ("max-bytes=x", None)],
)  # fmt: skip
def test_what_a_server_allows(value, limit):
    granted = {"batch": "", "labeled-response": "", "draft/multiline": value}
    assert most(granted) == limit


@pytest.mark.parametrize(
    ("written", "size", "many", "groups"),
    [
        (["abc", "def"], 7, 2, [2]),  # three bytes, a break, three bytes
        (["abc", "def"], 6, 2, [1, 1]),
        (["abc", "def"], 7, 1, [1, 1]),
        (["abcdef" * 2], 12, 2, [2]),  # a line that goes on has no break
        (["abcdef" * 2], 11, 2, [1, 1]),
        (["äöü", "x"], 8, 2, [2]),
        (["äöü", "x"], 7, 2, [1, 1]),
        (["a", "b", "c", "d"], 3, 9, [2, 2]),
        (["a", "b", "c", "d"], 99, 3, [3, 1]),
    ],
)
def test_what_just_fits_is_one_message(written, size, many, groups):
    found = list(pieces(lines(text_of(*written), lambda _user: None), 6))
    parts = messages(Message(()), found, Most(size, many))
    again = [list(pieces(lines(part.text, lambda _user: None), 6)) for part in parts]
    assert [len(group) for group in again] == groups


WRITTEN = st.lists(st.text("ab \N{PILE OF POO}", min_size=1, max_size=60), min_size=1, max_size=5)


@tries(100)
@given(WRITTEN, st.integers(8, 30), st.integers(60, 200), st.integers(1, 5))
def test_no_message_is_over_its_limits_and_together_they_are_what_was_said(
    written, available, size, many
):
    text = lines(text_of(*written), lambda _user: None)
    limit, found = Most(size, many), list(pieces(text, available))
    assert all(len(piece.text.encode()) <= available for piece in found)
    said = ""
    for part in messages(Message(()), found, limit):
        again = list(pieces(lines(part.text, lambda _user: None), available))
        assert limit.fits(again)
        assert again
        said += "".join(piece.text for piece in again)
    whole = "".join(encode(line) for line in text)
    assert said.replace(" ", "") == whole.replace(" ", "")
