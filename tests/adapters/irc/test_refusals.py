"""Each numeric by which a server says no is a sentence with its words, and what comes next."""

import pytest

from bridgekit import LoginError, Rejected, RetryLater, Scope, TooLong
from bridges.irc import refusals
from bridges.irc.wire import Line, parse

WORDS = "Because \x02we\x02 say so"
TOO_FAST = {"263", "439"}


def said(numeric):
    return parse(f":s.x {numeric} me #c {'#other ' if numeric == '470' else ''}:{WORDS}.")


def means(error):
    assert "Because we say so" in str(error) or "forwards #c to #other" in str(error)
    assert str(error).endswith((".", "so"))
    return type(error)


@pytest.mark.parametrize("numeric", sorted(refusals.SEND_NUMERICS))
def test_a_message_is_refused_or_sent_later(numeric):
    expected = {"417": TooLong, **dict.fromkeys(TOO_FAST, RetryLater)}.get(numeric, Rejected)
    assert means(refusals.refused_message(said(numeric), "#c")) is expected


@pytest.mark.parametrize("code", ["MULTILINE_MAX_BYTES", "MULTILINE_MAX_LINES"])
def test_a_message_that_is_too_long_for_the_server_is_cut(code):
    line = Line("FAIL", ("BATCH", code, "99", "Too long"))
    assert isinstance(refusals.refused_message(line, "#c"), TooLong)


@pytest.mark.parametrize("numeric", sorted(refusals.ACT_NUMERICS))
def test_an_act_is_refused_or_done_later(numeric):
    expected = RetryLater if numeric in TOO_FAST else Rejected
    assert means(refusals.refused_act(said(numeric), "do it")) is expected


@pytest.mark.parametrize("numeric", sorted(refusals.JOIN_NUMERICS))
def test_a_channel_that_does_not_let_us_in_says_why(numeric):
    expected = RetryLater if numeric in TOO_FAST else Rejected
    assert means(refusals.refused_join(said(numeric), "#c")) is expected


@pytest.mark.parametrize(
    ("numeric", "words", "after"),
    [
        ("480", "Cannot join channel (+j) - throttle exceeded, try again later", None),
        ("500", "Cannot join channel (+j)", None),
        (
            "609",
            "This channel is temporarily unavailable (+j is set). Try again later.",
            None,
        ),
        ("495", "You must wait 7 seconds after being kicked to rejoin (+J is set)", 7.0),
        ("437", "Nick/channel is temporarily unavailable", None),
        ("439", "Target change too fast. Please wait 104 seconds.", 104.0),
    ],
)
def test_a_channel_that_is_only_too_busy_is_entered_later(numeric, words, after):
    assert numeric in refusals.JOIN_NUMERICS
    error = refusals.refused_join(parse(f":s.x {numeric} me #c :{words}"), "#c")
    assert isinstance(error, RetryLater)
    assert error.after == after
    assert words.removesuffix(".") in str(error)


def test_who_asks_for_a_channel_hears_to_which_they_are_taken():
    line = parse(":s.x 470 me #c ##c-help :Forwarding to another channel")
    sentence = str(refusals.refused_act(line, "let you into #c"))
    assert sentence == (
        "IRC did not let you into #c: it takes you to ##c-help instead (Forwarding to another"
        " channel)."
    )


def test_who_is_banned_for_a_while_is_banned():
    line = parse(":s.x 474 me #c :You are temporarily banned from this channel")
    assert isinstance(refusals.refused_join(line, "#c"), Rejected)


@pytest.mark.parametrize("numeric", ["401", "404", "441", "442", "443", "461", "478", "482"])
def test_what_other_commands_are_answered_ends_no_join(numeric):
    assert numeric not in refusals.JOIN_NUMERICS


@pytest.mark.parametrize("numeric", ["463", "464", "465", "902", "904", "905", "906", "908"])
def test_a_login_that_is_refused_stops(numeric):
    with pytest.raises(LoginError) as refused:
        refusals.raise_if_refused(said(numeric))
    means(refused.value)


@pytest.mark.parametrize(
    ("words", "error", "scope"),
    [
        ("Closing link: Throttled", RetryLater, Scope.NETWORK),
        ("Too many connections from your IP", RetryLater, Scope.NETWORK),
        ("No more connections allowed", RetryLater, Scope.NETWORK),
        ("Trying to reconnect too fast.", RetryLater, Scope.NETWORK),
        ("K-Lined: spam", LoginError, None),
        ("You are banned from this server", LoginError, None),
        ("Ping timeout", RetryLater, Scope.LOGIN),
    ],
)
def test_what_closes_a_connection_says_when_to_come_back(words, error, scope):
    with pytest.raises(error) as refused:
        refusals.raise_if_refused(Line("ERROR", (words,)))
    assert words.rstrip(".") in str(refused.value)
    assert scope is None or refused.value.scope is scope
