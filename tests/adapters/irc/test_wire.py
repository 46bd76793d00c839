"""One line: read however odd it is, written so that it stays one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import Rejected
from bridges.irc.lines import LineBuffer
from bridges.irc.wire import Line, MalformedLineError, compose, decode, parse, printable
from tests.fuzz.effort import tries


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("PING :a b", Line("PING", ("a b",))),
        (":n!u@h PRIVMSG #c :hi there", Line("PRIVMSG", ("#c", "hi there"), "n!u@h")),
        (":n!u@h privmsg #c hi", Line("PRIVMSG", ("#c", "hi"), "n!u@h")),
        (":n!u@h PRIVMSG #c \x1fhi\x1f", Line("PRIVMSG", ("#c", "\x1fhi\x1f"), "n!u@h")),
        (":s.x 001 me :", Line("001", ("me", ""), "s.x")),
        (":s.x  353  me  =  #c  :a b ", Line("353", ("me", "=", "#c", "a b "), "s.x")),
        (":n!u@h JOIN :#c", Line("JOIN", ("#c",), "n!u@h")),
        ("AUTHENTICATE :+", Line("AUTHENTICATE", ("+",))),
        (
            "@time=2026-01-01T00:00:00.000Z;+x=a\\sb\\:c;flag :n PRIVMSG #c ::)",
            Line(
                "PRIVMSG",
                ("#c", ":)"),
                "n",
                {"time": "2026-01-01T00:00:00.000Z", "+x": "a b;c", "flag": ""},
            ),
        ),
    ],
)
def test_lines_are_taken_apart(text, line):
    assert parse(text) == line


@pytest.mark.parametrize("text", ["", "   ", ":only.a.source", "@only=tags", "@a=b :source"])
def test_a_line_without_a_command_is_malformed(text):
    with pytest.raises(MalformedLineError):
        parse(text)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Ol\xc3\xa9", "Olé"),
        (b"Ol\xe9", "Olé"),
        (b"\x93quoted\x94 \x80", "“quoted” €"),
        (b"\x81\xe9", "\x81é"),
        (b"x" * 507 + b"\xf0\x9f\x90", "x" * 507),
        (b"a\0b", "ab"),
    ],
)
def test_bytes_of_any_encoding_become_text(raw, text):
    assert decode(raw) == text


def test_tags_make_no_line_one_that_was_cut():
    said = b":n!u@h PRIVMSG #c :" + b"x" * 450 + b" caf\xe9"
    assert decode(b"@time=2026-01-01T00:00:00.000Z;msgid=abc " + said).endswith(" caf\xe9")


@tries(100)
@given(st.binary())
def test_no_bytes_break_the_reader(raw):
    for line in LineBuffer().feed(raw + b"\r\n"):
        with suppress(MalformedLineError):
            parse(decode(line))


@tries(100)
@given(st.lists(st.binary(max_size=30)), st.integers(min_value=1, max_value=7))
def test_lines_are_the_same_however_the_stream_is_cut(pieces, size):
    stream = b"\r\n".join(pieces) + b"\r\n"
    buffer = LineBuffer()
    cut = [
        line for at in range(0, len(stream), size) for line in buffer.feed(stream[at : at + size])
    ]
    assert cut == LineBuffer().feed(stream)


def test_an_over_long_line_loses_its_end_and_nothing_else():
    buffer = LineBuffer()
    first = buffer.feed(b"PRIVMSG #c :" + b"x" * 20_000)
    rest = buffer.feed(b"y" * 20_000) + buffer.feed(b"yy\r\nPING :next\r\n")
    assert [len(line) for line in first] == [16384]
    assert rest == [b"PING :next"]


@pytest.mark.parametrize(
    ("command", "params", "line"),
    [
        ("JOIN", ("#c",), "JOIN #c"),
        ("PRIVMSG", ("#c", "hi"), "PRIVMSG #c :hi"),
        ("QUIT", ("good bye",), "QUIT :good bye"),
        ("USER", ("u", "0", "*", ""), "USER u 0 * :"),
        ("PONG", ("",), "PONG :"),
    ],
)
def test_lines_are_put_together(command, params, line):
    assert compose(command, *params) == line


@pytest.mark.parametrize(
    "params",
    [
        ("#c", "a\r\nQUIT :b"),
        ("#c", "a\rQUIT :b"),
        ("#c", "a\nb"),
        ("#c", "a\0b"),
        ("#c d", "x"),
        ("", "x"),
        (":c", "x"),
        ("#c\r\nQUIT", "x"),
        ("#c", "ä" * 260),
    ],
)
def test_what_would_not_stay_one_line_is_refused(params):
    with pytest.raises(Rejected):
        compose("PRIVMSG", *params)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Alice\r\nQUIT :x", "Alice QUIT :x"),
        ("\x02bold\x0f \x0304,01red", "bold 04,01red"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("  a \t b ", "a b"),
        ("half \ud83d", "half"),
    ],
)
def test_names_are_shown_on_one_line_without_tricks(text, shown):
    assert printable(text) == shown
