"""What became of what was sent, told from what the server says next."""

import asyncio

import pytest

from bridgekit import Rejected, RetryLater, Sent
from bridges.irc.confirmations import Confirmations
from bridges.irc.features import Features
from bridges.irc.joins import Joins
from bridges.irc.wire import parse

LABELS = ("labeled-response", "batch", "echo-message", "message-tags")


def tell(confirmations, *lines):
    for text in lines:
        line = parse(text)
        confirmations.take(line, own=line.nick == "me")


async def test_without_labels_a_ping_goes_with_the_message():
    confirmations = Confirmations((), str.lower)
    written, outcome = confirmations.expect("PRIVMSG", "#c", "hi")
    assert written == ["PRIVMSG #c :hi", "PING bk1"]
    tell(confirmations, ":s.x PONG s.x :bk1")
    assert await outcome == Sent()


async def test_a_refusal_before_the_pong_is_the_outcome():
    confirmations = Confirmations((), str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "#C", "hi")
    tell(confirmations, ":s.x 404 me #c :Cannot send to channel (+m)", ":s.x PONG s.x :bk1")
    with pytest.raises(Rejected, match=r"#C.*moderated.*\(Cannot send to channel \(\+m\)\)"):
        await outcome


async def test_refusals_and_pongs_find_their_messages_among_many():
    confirmations = Confirmations((), str.lower)
    one, two, three = (confirmations.expect("PRIVMSG", c, "x")[1] for c in ("#a", "#b", "#a"))
    tell(
        confirmations,
        ":s.x PONG s.x bk1",
        ":s.x 404 me #b :no",
        ":s.x PONG s.x bk2",
        ":s.x 404 me #a :no",
        ":s.x PONG s.x bk3",
    )
    assert await one == Sent()
    for refused in (two, three):
        with pytest.raises(Rejected):
            await refused


async def test_an_echo_gives_the_id():
    confirmations = Confirmations(("echo-message", "message-tags"), str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "#c", "hi")
    tell(confirmations, "@msgid=abc :me!u@h PRIVMSG #C :hi", ":s.x PONG s.x bk1")
    assert await outcome == Sent(("abc",))


async def test_what_others_say_confirms_nothing():
    confirmations = Confirmations(("echo-message",), str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "#c", "hi")
    tell(
        confirmations, ":you!u@h PRIVMSG #c :hi", ":me!u@h NOTICE #c :hi", ":me!u@h PRIVMSG #d :hi"
    )
    assert not outcome.done()


async def test_a_label_names_the_message_whatever_the_order():
    confirmations = Confirmations(LABELS, str.lower)
    written, one = confirmations.expect("PRIVMSG", "#c", "hi")
    _, two = confirmations.expect("PRIVMSG", "#c", "ho")
    assert written == ["@label=bk1 PRIVMSG #c :hi"]
    tell(confirmations, "@label=bk2;msgid=x2 :me!u@h PRIVMSG #c :ho", "@label=bk1 :s.x ACK")
    assert (await one, await two) == (Sent(), Sent(("x2",)))


async def test_a_labelled_refusal_is_the_outcome():
    confirmations = Confirmations(LABELS, str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "ghost", "hi")
    tell(confirmations, "@label=bk1 :s.x 401 me ghost :No such nick")
    with pytest.raises(Rejected, match="nobody has this nick"):
        await outcome


async def test_an_answer_in_a_batch_counts_at_its_end():
    confirmations = Confirmations(LABELS, str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "you", "hi")
    tell(
        confirmations,
        "@label=bk1 :s.x BATCH +r labeled-response",
        "@batch=r :s.x 301 me you :gone fishing",
        "@batch=r;msgid=m1 :me!u@h PRIVMSG you :hi",
    )
    tell(confirmations, ":s.x BATCH -r")
    assert await outcome == Sent(("m1",))


async def test_a_refusal_without_the_label_is_understood():
    confirmations = Confirmations(LABELS, str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "you", "hi")
    tell(confirmations, ":far.x 531 me you :You cannot send to this user")
    with pytest.raises(Rejected):
        await outcome


async def test_a_server_that_answers_pings_with_its_name_is_understood():
    confirmations = Confirmations((), str.lower)
    one, two = (confirmations.expect("PRIVMSG", "#c", "x")[1] for _ in range(2))
    tell(confirmations, ":localhost PONG :localhost")
    assert one.done()
    assert not two.done()
    tell(confirmations, ":localhost 401 PRIVMSG :#c", ":localhost PONG :localhost")
    with pytest.raises(Rejected):
        await two


async def test_the_pong_of_a_cancelled_message_is_not_taken_for_the_next():
    confirmations = Confirmations((), str.lower)
    one, two = (confirmations.expect("PRIVMSG", "#c", "x")[1] for _ in range(2))
    one.cancel()
    tell(confirmations, ":localhost PONG :localhost")
    assert not two.done()
    tell(confirmations, ":localhost PONG :localhost")
    assert await two == Sent()


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (":s.x 439 me you :Target change too fast. Please wait 17 seconds", 17),
        (":s.x 263 me PRIVMSG :Please wait a while and try again", 60),
    ],
)
async def test_a_server_that_is_asked_too_fast_is_given_time(line, after):
    confirmations = Confirmations((), str.lower)
    _, outcome = confirmations.expect("PRIVMSG", "you", "hi")
    tell(confirmations, line)
    with pytest.raises(RetryLater) as error:
        await outcome
    assert error.value.after == after


async def test_a_lost_connection_leaves_every_open_message_unknown():
    confirmations = Confirmations((), str.lower)
    outcomes = [confirmations.expect("PRIVMSG", "#c", "x")[1] for _ in range(3)]
    tell(confirmations, ":s.x PONG s.x bk1")
    confirmations.lost(ConnectionError("gone"))
    assert await outcomes[0] == Sent()
    for outcome in outcomes[1:]:
        with pytest.raises(ConnectionError):
            await outcome


async def test_a_line_that_could_not_be_written_is_not_waited_for():
    confirmations = Confirmations((), str.lower)
    with pytest.raises(Rejected):
        confirmations.expect("PRIVMSG", "#c", "a\r\nb")
    _, outcome = confirmations.expect("PRIVMSG", "#c", "x")
    tell(confirmations, ":localhost PONG :localhost")
    assert outcome.done()


async def test_channels_wanted_together_share_lines_that_fit():
    joins = Joins(str.lower, {"#key": "secret"})
    chats = [f"#channel-with-a-long-name-{number}" for number in range(100)]
    for chat in (*chats, "#key", "#channel-with-a-long-name-0"):
        joins.want(chat)
    *lines, last = joins.lines()
    asked, keys = last.removeprefix("JOIN ").split(" ")
    first, *rest = asked.split(",")
    assert (first, keys) == ("#key", "secret")
    before = [chat for line in lines for chat in line.removeprefix("JOIN ").split(",")]
    assert before + rest == chats
    assert all(470 < len(line) <= 510 for line in lines)
    assert list(joins.lines()) == []


async def test_a_line_asks_for_no_more_channels_than_the_server_takes_at_once():
    features = Features()
    features.take(["TARGMAX=KICK:1,JOIN:4,PART:"])
    joins = Joins(str.lower, {"#c1": "one,two"}, features.joins_at_once)
    for number in range(6):
        joins.want(f"#c{number}")
    assert list(joins.lines()) == ["JOIN #c1,#c0,#c2,#c3 one", "JOIN #c4,#c5"]


async def test_a_channel_that_no_line_can_hold_keeps_no_other_out():
    joins = Joins(str.lower, {"#c": "k" * 510})
    with pytest.raises(Rejected, match="would be longer"):
        joins.want("#c")
    joins.want("#d")
    assert list(joins.lines()) == ["JOIN #d"]


async def test_a_line_has_its_turn_once_the_last_is_answered_or_the_server_stays_silent():
    joins = Joins(str.lower, {})
    for chat in ("#c", "#d"):
        joins.want(chat)
    await joins.turn(3600.0)
    list(joins.lines())
    waiting = asyncio.create_task(joins.turn(3600.0))
    joins.take(parse(":other!m@h JOIN #e"))
    await asyncio.sleep(0)
    assert not waiting.done()
    joins.take(parse(":me!m@h JOIN #D"))
    await waiting
    joins.want("#e")
    list(joins.lines())
    await joins.turn(0.001)


async def test_a_list_that_somebody_asked_for_ends_no_wait():
    joins = Joins(str.lower, {})
    wanted, end = joins.want("#c"), parse(":s.x 366 me #c :End of /NAMES list.")
    joins.take(end)
    assert not wanted.done()
    for line in (parse(":me!m@h JOIN #C"), end):
        joins.take(line)
    assert wanted.done()
    assert "#c" not in joins


async def test_a_lost_connection_ends_the_wait_for_channels():
    joins = Joins(str.lower, {})
    wanted = joins.want("#c")
    joins.lost(ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        await asyncio.shield(wanted)
