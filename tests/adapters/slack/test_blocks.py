"""`rich_text`, Block Kit and attachments become rich text, the unknown ones too."""

from __future__ import annotations

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
    Link,
    List,
    Mention,
    Message,
    Paragraph,
    Quote,
    RemoteUserID,
    RoomMention,
    Rule,
    Table,
    Text,
    canonical,
    plain,
)
from bridges.slack import block_kit, convert, legacy_attachments
from bridges.slack.ids import Sight
from tests.fuzz.effort import tries

SIGHT = Sight("T1")


def rich(*elements: dict[str, Any]) -> list[Any]:
    return [{"type": "rich_text", "elements": list(elements)}]


def section(*elements: dict[str, Any], kind: str = "section") -> dict[str, Any]:
    return {"type": f"rich_text_{kind}", "elements": list(elements)}


def text(words: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def listed(*items: str, indent: int = 0, style: str = "bullet", **more: int) -> dict[str, Any]:
    sections = [section(text(item)) for item in items]
    kind = {"type": "rich_text_list", "style": style, "indent": indent, "elements": sections}
    return kind | more


A, B, C, D = ((Text(letter),) for letter in "abcd")


@pytest.mark.parametrize(
    ("elements", "nodes"),
    [
        ([section(text("a", bold=True, italic=True))], [Italic((Bold((Text("a"),)),))]),
        ([section(text("a", code=True))], [Code("a")]),
        (
            [section({"type": "link", "url": "https://x.y", "text": "l"})],
            [Link((Text("l"),), "https://x.y")],
        ),
        (
            [section({"type": "link", "url": "https://x.y"})],
            [Link((Text("https://x.y"),), "https://x.y")],
        ),
        ([section({"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc"})], [Text("👋🏼")]),
        ([section({"type": "emoji", "name": "wave"})], [Text("👋")]),
        ([section({"type": "emoji", "name": "party"})], [CustomEmoji("party")]),
        ([section({"type": "user", "user_id": "U1"})], [Mention("U1", user=RemoteUserID("t1-u1"))]),
        (
            [section({"type": "channel", "channel_id": "C1"})],
            [ChatMention("#C1", chat=ChatID("T1/C1"))],
        ),
        ([section({"type": "usergroup", "usergroup_id": "S1"})], [Text("@S1")]),
        ([section({"type": "broadcast", "range": "here"})], [RoomMention()]),
        ([section({"type": "date", "timestamp": 1, "fallback": "Feb 18"})], [Text("Feb 18")]),
        ([section({"type": "color", "value": "#ff0000"})], [Text("#ff0000")]),
        ([section({"type": "hologram", "text": "boo"})], [Text("boo")]),
        ([section(text("q"), kind="quote")], [Quote((Text("q"),))]),
        (
            [section(text("x = 1"), kind="preformatted") | {"language": "python"}],
            [CodeBlock("x = 1", "python")],
        ),
        ([listed("a", "b")], [List((A, B))]),
        ([listed("a", "b", style="ordered", offset=2)], [List((A, B), 3)]),
        ([section(text("so:\n")), listed("a")], [Text("so:"), List((A,))]),
        (
            [listed("a"), listed("b", indent=1, style="ordered"), listed("c")],
            [List(((*A, List((B,), 1)), C))],
        ),
        (
            [listed("a"), listed("b", indent=1), listed("c", indent=2), listed("d", indent=1)],
            [List(((*A, List(((*B, List((C,))), D))),))],
        ),
        ([listed("a"), listed("b", style="ordered")], [List((A,)), List((B,), 1)]),
    ],
)
def test_each_element_of_rich_text_is_read(elements: list[Any], nodes: list[Any]) -> None:
    assert canonical(block_kit.parse(rich(*elements), SIGHT)) == tuple(nodes)


@pytest.mark.parametrize(
    ("block", "nodes"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "*b*"}}, [Bold((Text("b"),))]),
        ({"type": "section", "text": {"type": "plain_text", "text": "*b*"}}, [Text("*b*")]),
        (
            {
                "type": "section",
                "fields": [{"type": "mrkdwn", "text": "a"}, {"type": "mrkdwn", "text": "b"}],
            },
            [Paragraph(A), Paragraph(B)],
        ),
        ({"type": "header", "text": {"type": "plain_text", "text": "a"}}, [Heading(3, A)]),
        (
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": "a"}, {"type": "plain_text", "text": "b"}],
            },
            [Text("a  b")],
        ),
        ({"type": "divider"}, [Rule()]),
        (
            {"type": "image", "image_url": "https://x.y/i.png", "alt_text": "a cat"},
            [Link((Text("a cat"),), "https://x.y/i.png")],
        ),
        (
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Go"},
                        "url": "https://x.y",
                    }
                ],
            },
            [Link((Text("[Go]"),), "https://x.y")],
        ),
        (
            {
                "type": "table",
                "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]],
            },
            [Table(((A, B),), header=True)],
        ),
        ({"type": "markdown", "text": "a"}, [Text("a")]),
        (
            {
                "type": "video",
                "title": {"type": "plain_text", "text": "a"},
                "video_url": "https://x.y",
            },
            [Bold((Link(A, "https://x.y"),))],
        ),
        (
            {"type": "hologram", "body": {"text": {"type": "plain_text", "text": "boo"}}},
            [Text("boo")],
        ),
    ],
)
def test_each_block_of_an_app_is_read(block: dict[str, Any], nodes: list[Any]) -> None:
    assert canonical(block_kit.parse([block], SIGHT)) == tuple(nodes)


def test_all_attachments_of_an_app_are_read() -> None:
    first = {
        "pretext": "*build*",
        "author_name": "ci",
        "title": "failed",
        "title_link": "https://x.y",
        "text": "see <https://x.y/log|the log>",
        "fields": [{"title": "branch", "value": "main"}],
        "footer": "a minute ago",
    }
    second = {"fallback": "only this"}
    shown = plain(canonical(legacy_attachments.parse([first, second], SIGHT)))
    for words in ("build", "ci", "failed", "the log", "branch: main", "a minute ago", "only this"):
        assert words in shown


def test_a_preview_of_a_link_is_left_out_and_a_shared_message_is_not() -> None:
    preview = {"from_url": "https://x.y", "title": "a page"}
    shared = {
        "from_url": "https://z.slack.com/archives/C1/p1",
        "is_share": True,
        "text": "said before",
    }
    found = canonical(legacy_attachments.parse([preview, shared], SIGHT))
    assert found == (Quote((Text("said before"),)),)


def test_blocks_say_what_text_says_and_better() -> None:
    found = {"text": "fallback", "ts": "1.1", "blocks": rich(section(text("whole")))}
    assert plain(convert.message(found, SIGHT).text) == "whole"


def test_a_message_without_text_of_another_app_is_what_its_blocks_say() -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "deployed"}}
    found = {"ts": "1.1", "subtype": "bot_message", "bot_id": "B1", "blocks": [block]}
    assert plain(convert.message(found, SIGHT).text) == "deployed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "elements", "style", "fields", "rows", "indent", "url"]
            )
            | st.text(max_size=4),
            inner
            | st.sampled_from(
                ["rich_text", "section", "rich_text_list", "table", "mrkdwn", "text"]
            ),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@tries(100)
@given(
    st.dictionaries(
        st.sampled_from(
            ["text", "blocks", "attachments", "files", "icons", "username", "thread_ts"]
        ),
        JSON,
    )
)
def test_whatever_an_app_posts_is_a_message(found: dict[str, Any]) -> None:
    assert isinstance(convert.message(found, SIGHT), Message)
