"""Rich text as plain text: a row per node, and line ends on the way in."""

import pytest

from bridgekit.ids import UserID
from bridgekit.richtext import (
    Bold,
    ChatMention,
    Code,
    CodeBlock,
    Color,
    CustomEmoji,
    Heading,
    LineBreak,
    Link,
    List,
    Mention,
    Paragraph,
    Quote,
    RichText,
    RoomMention,
    Rule,
    Spoiler,
    Table,
    Text,
    from_plain,
    plain,
)

X: RichText = (Text("x"),)


@pytest.mark.parametrize(
    ("rich", "text"),
    [
        ((), ""),
        ((Text("a"), LineBreak(), Bold((Text("b"), Color(X, "#ff0000")))), "a\nbx"),
        ((Code("a  b"),), "a  b"),
        ((Link(X, "https://a.b"),), "x (https://a.b)"),
        ((Link((Text("https://a.b"),), "https://a.b"),), "https://a.b"),
        ((Link((Text("a.b"),), "https://a.b/"),), "a.b"),
        ((Link((Text("a@b"),), "mailto:a@b"),), "a@b"),
        ((Link((Text("+1"),), "tel:+1"),), "+1"),
        ((Link((), "https://a.b"),), "https://a.b"),
        ((Link(X, "javascript:x"),), "x"),
        ((Spoiler(X),), "(spoiler) x"),
        ((Spoiler(X, "end"),), "(spoiler: end) x"),
        ((Mention("A\r\nB"), Text(", "), Mention("", mxid=UserID("@a:b"))), "A B, @a:b"),
        ((ChatMention("c", url="https://a.b"), RoomMention()), "c@room"),
        ((CustomEmoji(":cat:"),), ":cat:"),
        ((Paragraph(X), Paragraph(X), Text("y")), "x\n\nx\ny"),
        ((Heading(1, X), Paragraph(X), Rule(), Text("y")), "x\nx\n---\ny"),
        ((Quote((Text("a"), LineBreak(), Text("b"), Quote(X))),), "> a\n> b\n> > x"),
        ((CodeBlock("a\n  b\n"), Text("y")), "a\n  b\n\ny"),
        ((List((X, (Text("a"), LineBreak(), Text("b"), List((X,))))),), "- x\n- a\n  b\n  - x"),
        ((List((X,) * 2, 9),), "9. x\n10. x"),
        (
            (Table(((X, (Text("a"), LineBreak(), Text("b"))), (X, ())), header=True),),
            "x | a b\nx | ",
        ),
        ((Bold((Paragraph(X), Quote(X))),), "x\n> x"),
    ],
)
def test_plain_text_says_what_the_nodes_say(rich: RichText, text: str) -> None:
    assert plain(rich) == text


def test_every_kind_of_line_end_is_a_line_break() -> None:
    broken = from_plain("a\r\nb\rc\nd\n\r")
    line = LineBreak()
    assert broken == (
        *(Text("a"), line, Text("b"), line, Text("c"), line, Text("d"), line),
        line,
    )


def test_plain_text_can_be_stored_and_sent() -> None:
    assert plain((Text("a\x00\ud800b\ud83d\ude00"),)) == "a\ufffd\ufffdb😀"
