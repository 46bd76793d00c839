"""Rich text goes to Slack as blocks, with a text that can do no harm."""

from __future__ import annotations

import re
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
    Heading,
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    RemoteUserID,
    RoomMention,
    Spoiler,
    Strike,
    Table,
    Text,
    canonical,
    plain,
)
from bridges.slack import block_kit
from bridges.slack.ids import Sight
from bridges.slack.layout import laid_out, markup, named
from tests.fuzz.effort import tries

SIGHT = Sight("T1")
OWN_TAGS = re.compile(r"<(@U\w+|#C\w+|!channel|(?:https?://|mailto:)[^<>]*)>")


def elements(*nodes: Any) -> list[Any]:
    (block,) = laid_out(nodes).blocks
    found: list[Any] = block["elements"]
    return found


def inline(*nodes: Any) -> list[Any]:
    (section,) = elements(*nodes)
    found: list[Any] = section["elements"]
    return found


@pytest.mark.parametrize(
    "text", ["hello", "two\nlines", "1 < 2 & 3 > 2", "naïve 漢字 👋", "@here #x"]
)
def test_a_simple_text_goes_as_it_is(text: str) -> None:
    nodes = canonical((Text(text),))
    post = laid_out(nodes)
    assert not post.blocks
    assert "<" not in post.text


@pytest.mark.parametrize("text", ["*x*", "snake_case", "~", "`x`", ":wave:", "> q", "https://x.y"])
def test_what_slack_would_read_as_markup_goes_in_a_block(text: str) -> None:
    assert "".join(one.get("text") or one["url"] for one in inline(Text(text))) == text


@pytest.mark.parametrize(
    ("node", "element"),
    [
        (Bold((Text("a"),)), {"type": "text", "text": "a", "style": {"bold": True}}),
        (Italic((Text("a"),)), {"type": "text", "text": "a", "style": {"italic": True}}),
        (Strike((Text("a"),)), {"type": "text", "text": "a", "style": {"strike": True}}),
        (Code("a"), {"type": "text", "text": "a", "style": {"code": True}}),
        (
            Bold((Italic((Text("a"),)),)),
            {"type": "text", "text": "a", "style": {"bold": True, "italic": True}},
        ),
        (Heading(1, (Text("a"),)), {"type": "text", "text": "a", "style": {"bold": True}}),
        (Link((Text("l"),), "https://x.y"), {"type": "link", "url": "https://x.y", "text": "l"}),
        (
            Link((Text("l|m"),), "https://x.y"),
            {"type": "link", "url": "https://x.y", "text": "l|m"},
        ),
        (Link((Text("l"),), "matrix:u/x"), {"type": "text", "text": "l"}),
        (Mention("n", user=RemoteUserID("t1-u1")), {"type": "user", "user_id": "U1"}),
        (Mention("n"), {"type": "text", "text": "n"}),
        (Mention("n", user=RemoteUserID("t1-b1")), {"type": "text", "text": "n"}),
        (ChatMention("#n", chat=ChatID("T1/C1")), {"type": "channel", "channel_id": "C1"}),
        (
            ChatMention("#n", url="https://x.y"),
            {"type": "link", "url": "https://x.y", "text": "#n"},
        ),
        (RoomMention(), {"type": "broadcast", "range": "channel"}),
        (CustomEmoji("party"), {"type": "emoji", "name": "party"}),
    ],
)
def test_each_node_has_its_element(node: Any, element: dict[str, Any]) -> None:
    assert element in inline(node, Text("*"))


def test_what_stands_alone_has_an_element_of_its_own() -> None:
    found = elements(
        Paragraph((Text("so *this*"),)),
        Quote((Text("q"),)),
        CodeBlock("x = 1"),
        List(((Text("a"), List(((Text("b"),),))), (Text("c"),)), 3),
        Table((((Text("h"),),), ((Text("v"),),)), header=True),
    )
    kinds = [
        (one["type"].removeprefix("rich_text_"), one.get("indent"), one.get("offset"))
        for one in found
    ]
    assert kinds == [
        ("section", None, None),
        ("quote", None, None),
        ("preformatted", None, None),
        ("list", 0, 2),
        ("list", 1, None),
        ("list", 0, 3),
        ("preformatted", None, None),
    ]


def test_a_spoiler_says_that_it_is_one() -> None:
    words = "".join(one["text"] for one in inline(Spoiler((Text("boo*"),), "the end")))
    assert words == "(spoiler: the end) boo*"


def test_nobody_pings_a_channel_by_typing_it() -> None:
    nodes = (Text("<!channel> <@U1> <#C1|x> &lt;!here&gt;"),)
    assert "<" not in laid_out(nodes).text
    assert "<" not in markup(nodes)


def test_a_name_goes_before_the_text_where_slack_cannot_show_it() -> None:
    assert plain(named("Alice", (Text("hello"),))) == "Alice: hello"


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ((Bold((Text("a"),)), Text(" & b")), "*a* &amp; b"),
        ((Link((Text("l|m"),), "https://x.y"),), "<https://x.y|l/m>"),
        ((Mention("n", user=RemoteUserID("t1-u1")),), "<@U1>"),
        ((Paragraph((Italic((Text("a"),)),)),), "_a_\n"),
        ((Text("a"), LineBreak(), Text("b")), "a\nb"),
    ],
)
def test_a_comment_of_a_file_is_markup(nodes: Any, text: str) -> None:
    assert markup(nodes) == text


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
LEAVES = (
    WORDS.map(Text)
    | WORDS.map(Code)
    | st.just(LineBreak())
    | WORDS.map(CodeBlock)
    | WORDS.map(Mention)
)
NODES = st.recursive(
    st.lists(LEAVES, min_size=1, max_size=4).map(tuple),
    lambda inner: st.lists(
        inner.map(Bold)
        | inner.map(Italic)
        | inner.map(Paragraph)
        | inner.map(Quote)
        | st.lists(inner, min_size=1, max_size=3).map(lambda items: List(tuple(items)))
        | st.lists(inner, min_size=1, max_size=2).map(lambda cells: Table((tuple(cells),)))
        | inner.map(lambda nodes: Link(nodes, "https://x.y")),
        min_size=1,
        max_size=3,
    ).map(tuple),
    max_leaves=12,
)


def letters(text: str) -> list[str]:
    return sorted(letter for letter in text if letter.isalpha())


@tries(100)
@given(NODES)
def test_no_letter_is_lost_on_the_way_to_slack(nodes: Any) -> None:
    rich = canonical(nodes)
    post = laid_out(rich)
    shown = plain(block_kit.parse(list(post.blocks), SIGHT)) if post.blocks else post.text
    links = shown.count("https://x.y") - plain(rich).count("https://x.y")
    assert not set(letters(plain(rich))) - set(letters(shown)) or links


@tries(100)
@given(NODES)
def test_every_tag_in_a_text_is_our_own(nodes: Any) -> None:
    rich = canonical(nodes)
    assert "<" not in laid_out(rich).text
    assert "<" not in OWN_TAGS.sub("", re.sub(r"\|[^<>]*>", ">", markup(rich)))


@tries(100)
@given(NODES)
def test_slack_takes_every_block(nodes: Any) -> None:
    """No text of it is empty, and nothing stands where Slack does not take it."""
    for block in laid_out(canonical(nodes)).blocks:
        for element in block["elements"]:
            assert element["elements"]
            assert all(one.get("text", "x") for one in _leaves(element))


def _leaves(element: dict[str, Any]) -> list[Any]:
    inner = element.get("elements")
    return [element] if inner is None else [leaf for one in inner for leaf in _leaves(one)]
