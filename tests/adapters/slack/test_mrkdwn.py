"""Slack's own markup becomes rich text: https://docs.slack.dev/messaging/formatting-message-text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import (
    Bold,
    ChatID,
    ChatMention,
    Code,
    CodeBlock,
    CustomEmoji,
    Italic,
    LineBreak,
    Link,
    Mention,
    Quote,
    RemoteUserID,
    RoomMention,
    Strike,
    Text,
    canonical,
    plain,
)
from bridges.slack.ids import Sight
from bridges.slack.mrkdwn import parse
from tests.fuzz.effort import tries

SIGHT = Sight("T1", {"U9": "T9"})


def mention(name: str, user: str = "t1-u1") -> Mention:
    return Mention(name, user=RemoteUserID(user))


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("*b*", [Bold((Text("b"),))]),
        ("_i_", [Italic((Text("i"),))]),
        ("~s~", [Strike((Text("s"),))]),
        ("`c`", [Code("c")]),
        ("```p\n*x*```", [CodeBlock("p\n*x*")]),
        ("_*both*_", [Italic((Bold((Text("both"),)),))]),
        (
            "(*b*), _i_!",
            [Text("("), Bold((Text("b"),)), Text("), "), Italic((Text("i"),)), Text("!")],
        ),
        ("a*b*c", [Text("a*b*c")]),
        ("* x *", [Text("* x *")]),
        ("snake_case_x", [Text("snake_case_x")]),
        ("2*3*4", [Text("2*3*4")]),
        ("*not\nhere*", [Text("*not"), LineBreak(), Text("here*")]),
        ("`*x*`", [Code("*x*")]),
        ("&gt; q\n&gt; r", [Quote((Text("q"), LineBreak(), Text("r")))]),
        ("before\n&gt; q", [Text("before"), Quote((Text("q"),))]),
        ("&gt;&gt;&gt; all\nof it", [Quote((Text("all"), LineBreak(), Text("of it")))]),
        ("<https://x.y|l>", [Link((Text("l"),), "https://x.y")]),
        ("<https://x.y?a=1&amp;b>", [Link((Text("https://x.y?a=1&b"),), "https://x.y?a=1&b")]),
        ("<mailto:a@b|a@b>", [Link((Text("a@b"),), "mailto:a@b")]),
        ("<tel:1|1>", [Link((Text("1"),), "tel:1")]),
        ("<@U1>", [mention("U1")]),
        ("<@U1|n>", [mention("n")]),
        ("<@U9>", [mention("U9", "t9-u9")]),
        ("<#C1|n>", [ChatMention("#n", chat=ChatID("T1/C1"))]),
        ("<#C1>", [ChatMention("#C1", chat=ChatID("T1/C1"))]),
        ("<!here>", [RoomMention()]),
        ("<!channel>", [RoomMention()]),
        ("<!everyone>", [RoomMention()]),
        ("<!subteam^S1|@g>", [Text("@g")]),
        ("<!date^1392734382^{date}|Feb 18>", [Text("Feb 18")]),
        (":wave::skin-tone-3:", [Text("👋🏼")]),
        (":custom:", [CustomEmoji("custom")]),
        ("12:30:45", [Text("12:30:45")]),
        ("&amp;lt; &lt;b&gt;", [Text("&lt; <b>")]),
        ("", []),
    ],
)
def test_each_piece_of_markup_is_read(text: str, nodes: list[Any]) -> None:
    assert canonical(parse(text, SIGHT)) == tuple(nodes)


def test_a_link_with_a_script_is_no_link() -> None:
    assert canonical(parse("<javascript:alert(1)|click>", SIGHT)) == (Text("click"),)


@tries(100)
@given(st.text())
def test_whatever_comes_is_read_and_loses_no_word(text: str) -> None:
    words = [word for word in text.split() if word.isalnum()]
    shown = plain(canonical(parse(text, SIGHT)))
    assert all(word in shown for word in words)


@tries(100)
@given(st.text(alphabet="*_~`<>|:!@#&;a \n"))
def test_whatever_is_made_of_marks_is_read(text: str) -> None:
    canonical(parse(text, SIGHT))


@pytest.mark.parametrize("piece", ["_a*", "<", "~*_"])
def test_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    """Forty thousand characters, Slack's longest: twice as many take a few times as long."""

    def took(count: int) -> float:
        began = time.process_time()
        parse(piece * count, SIGHT)
        return time.process_time() - began

    assert took(20_000) < 50 * took(2_000) + 1.0
