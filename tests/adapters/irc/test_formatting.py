"""mIRC codes and nodes, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit import (
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Heading,
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    RoomMention,
    Rule,
    Spoiler,
    Strike,
    Subscript,
    Superscript,
    Table,
    Text,
    Underline,
    plain,
)
from bridges.irc.codes import Style, decode, encode, merge
from bridges.irc.formatting import from_irc, nested
from bridges.irc.layout import lines
from tests.fuzz.effort import tries

COLORS = st.none() | st.sampled_from(["#ff0000", "#123456", "#ffffff", "#000000"])
STYLES = st.builds(
    Style, COLORS, COLORS, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="0,1"),
    min_size=1,
)
RUNS = st.lists(st.tuples(TEXTS, STYLES), min_size=1, max_size=6).map(merge)


def text(*nodes, spell=lambda _: None):
    return [encode(line) for line in lines(nodes, spell)]


@pytest.mark.parametrize(
    ("codes", "nodes"),
    [
        ("plain", (Text("plain"),)),
        ("\x02bold\x02 not", (Bold((Text("bold"),)), Text(" not"))),
        ("\x1ditalic", (Italic((Text("italic"),)),)),
        ("\x1funder", (Underline((Text("under"),)),)),
        ("\x1estrike", (Strike((Text("strike"),)),)),
        ("\x11code\x11", (Code("code"),)),
        ("\x0304red\x03 no", (Color((Text("red"),), "#ff0000"), Text(" no"))),
        ("\x034,1x", (Color((Text("x"),), "#ff0000", "#000000"),)),
        ("\x03123", (Color((Text("3"),), "#0000fc"),)),
        ("\x0398x", (Color((Text("x"),), "#ffffff"),)),
        ("\x0399x", (Text("x"),)),
        ("\x04ff8800x\x04y", (Color((Text("x"),), "#ff8800"), Text("y"))),
        ("\x04ff8800,00FF00x", (Color((Text("x"),), "#ff8800", "#00ff00"),)),
        (
            "\x0304,01a\x16b",
            (
                Color((Text("a"),), "#ff0000", "#000000"),
                Color((Text("b"),), "#000000", "#ff0000"),
            ),
        ),
        ("\x16x", (Color((Text("x"),), "#ffffff", "#000000"),)),
        ("\x0301,01hidden", (Spoiler((Text("hidden"),)),)),
        (
            "\x02a\x1db\x02c\x0fd",
            (
                Bold((Text("a"), Italic((Text("b"),)))),
                Italic((Text("c"),)),
                Text("d"),
            ),
        ),
        ("\x02\x0304\x0f", ()),
        ("a\x07b\x01c\x00", (Text("abc"),)),
        ("<b>&amp;", (Text("<b>&amp;"),)),
        ("\x03,5x", (Text(",5x"),)),
    ],
)
def test_codes_become_nodes(codes, nodes):
    assert from_irc(codes) == nodes


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (Text("a\tb\x02\x03c\x01"), ["a  bc"]),
        (Text("a\r\nQUIT :b\rc"), ["a", "QUIT :b", "c"]),
        (Text("half \ud83d"), ["half"]),
        (Text(" \n "), []),
        (Bold((Text("b"),)), ["\x02b"]),
        (Italic((Text("i"),)), ["\x1di"]),
        (Underline((Text("u"),)), ["\x1fu"]),
        (Strike((Text("s"),)), ["\x1es"]),
        (Superscript((Text("2"),)), ["^2"]),
        (Superscript((Text("n+1"),)), ["^(n+1)"]),
        (Subscript((Text("i"),)), ["_i"]),
        (Code("x = 1"), ["\x11x = 1"]),
        (Color((Text("r"),), "#ff0000"), ["\x0304r"]),
        (Color((Text("1"),), "#ff0000"), ["\x03041"]),
        (Color((Text(",5"),), "#ff0000"), ["\x0304\x02\x02,5"]),
        (Color((Text("x"),), None, "#0000ff"), ["\x0399,60x"]),
        (Color((Text("x"),), "#fe0101"), ["\x0304x"]),
        (Spoiler((Text("x"),)), ["\x0301,01x"]),
        (Spoiler((Color((Text("x"),), "#ff0000"),), "plot"), ["(plot) \x0301,01x"]),
        (Link((Text("here"),), "https://e.org/x"), ["here (https://e.org/x)"]),
        (Link((Text("https://e.org"),), "https://e.org"), ["https://e.org"]),
        (Link((Text("e.org"),), "https://e.org/"), ["e.org"]),
        (Link((Text("a@e.org"),), "mailto:a@e.org"), ["a@e.org"]),
        (Link((), "https://e.org"), ["https://e.org"]),
        (Mention("Bob\r\nX", None), ["Bob X"]),
        (ChatMention("Python", "#python"), ["#python"]),
        (ChatMention("Room", None, "https://m.to/#r"), ["Room (https://m.to/#r)"]),
        (RoomMention(), ["@room"]),
        (CustomEmoji("party"), [":party:"]),
        (Heading(2, (Text("Title"),)), ["\x02Title"]),
        (CodeBlock("if x:\n\n  y", "py"), ["\x11if x:", "\x11  y"]),
        (Quote((Paragraph((Text("a"), LineBreak(), Text("b"))),)), ["> a", "> b"]),
        (Quote((Quote((Text("deep"),)),)), ["> > deep"]),
        (List(((Text("a"),), (Text("b"),))), ["• a", "• b"]),
        (List(((Text("a"), LineBreak(), Text("b")),), 3), ["3. a", "  b"]),
        (List(((Text("a"), List(((Text("b"),),))),)), ["• a", "  • b"]),
        (
            Table((((Text("h"),), (Text("i"),)), ((Text("1"),), (Text("2"),))), header=True),
            ["\x02h\x0f | \x02i", "1 | 2"],
        ),
        (Rule(), ["---"]),
        (Paragraph((Text("p"),)), ["p"]),
    ],
)
def test_every_node_has_a_readable_form(node, said):
    assert text(node) == said


def test_blocks_stand_on_lines_of_their_own():
    said = text(Text("a"), Paragraph((Text("b"),)), Paragraph((Text("c"),)), Text("d"))
    assert said == ["a", "b", "c", "d"]


def test_a_style_that_ends_leaves_the_others():
    said = text(Bold((Text("a"), Color((Text("b"),), "#ff0000"), Text("c"))), Text("d"))
    assert said == ["\x02a\x0304b\x0f\x02c\x0fd"]


def test_a_mention_is_the_nick_that_is_seen_now():
    said = text(Mention("alice (IRC)", "alice"), spell={"alice": "Alice"}.get)
    assert said == ["Alice"]


@tries(100)
@given(RUNS)
def test_what_is_encoded_reads_back_as_the_same_text(runs):
    assert "".join(part for part, _ in decode(encode(runs))) == "".join(p for p, _ in runs)


@tries(100)
@given(RUNS)
def test_nodes_of_runs_take_no_more_bytes_than_the_runs(runs):
    again = "".join(map(encode, lines(nested(runs), lambda _: None)))
    assert len(again.encode()) <= len(encode(runs).encode())
    shown = "".join(part for part, _ in decode(again))
    assert shown == "".join(part for part, _ in runs).rstrip()


@tries(100)
@given(st.text())
def test_any_text_can_be_read_and_keeps_its_words(text):
    kept = ("".join(part for part, _ in decode(line)) for line in text.split("\n"))
    assert plain(from_irc(text)).split() == "\n".join(kept).split()
