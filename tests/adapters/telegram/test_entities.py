"""Telegram's entities to nodes and back: whatever they are like, and without loss."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity, User

from bridgekit import (
    Bold,
    Code,
    CodeBlock,
    Heading,
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    MessageKind,
    Paragraph,
    Quote,
    RemoteUserID,
    RoomMention,
    Rule,
    Spoiler,
    Strike,
    Table,
    Text,
    Underline,
    canonical,
    plain,
    utf16,
)
from bridgekit.richtext import to_html
from bridges.telegram.entities import rich_text
from bridges.telegram.layout import Author, formatted
from tests.fuzz.effort import tries


def known(name):
    return RemoteUserID("7") if name.lower() == "carol" else None


def html(nodes):
    return to_html(nodes, lambda mention: f"@telegram_{mention.user}:example.org")


def read(text, *entities):
    return rich_text(text, [MessageEntity(**one) for one in entities], known)


def entity(kind, offset, length, **more):
    return {"type": kind, "offset": offset, "length": length, **more}


B = "bold"


@pytest.mark.parametrize(
    ("text", "entities", "nodes"),
    [
        ("hello", [], (Text("hello"),)),
        ("a b c", [entity(B, 2, 1)], (Text("a "), Bold((Text("b"),)), Text(" c"))),
        ("👍b", [entity(B, 2, 1)], (Text("👍"), Bold((Text("b"),)))),
        ("ab", [entity("italic", 0, 2)], (Italic((Text("ab"),)),)),
        ("ab", [entity("underline", 0, 2)], (Underline((Text("ab"),)),)),
        ("ab", [entity("strikethrough", 0, 2)], (Strike((Text("ab"),)),)),
        ("ab", [entity("spoiler", 0, 2)], (Spoiler((Text("ab"),)),)),
        ("ab", [entity("code", 0, 2)], (Code("ab"),)),
        ("a\nb", [entity("pre", 0, 3, language="py")], (CodeBlock("a\nb", "py"),)),
        ("ab", [entity("blockquote", 0, 2)], (Quote((Text("ab"),)),)),
        ("ab", [entity("expandable_blockquote", 0, 2)], (Quote((Text("ab"),)),)),
        (
            "ab",
            [entity("text_link", 0, 2, url="https://x.org")],
            (Link((Text("ab"),), "https://x.org"),),
        ),
        ("ab", [entity("text_link", 0, 2, url="javascript:x")], (Text("ab"),)),
        ("@Carol!", [entity("mention", 0, 6)], (Mention("@Carol", user="7"), Text("!"))),
        (
            "@someone",
            [entity("mention", 0, 8)],
            (Link((Text("@someone"),), "https://t.me/someone"),),
        ),
        (
            "Eve",
            [entity("text_mention", 0, 3, user=User(9, "Eve", is_bot=False))],
            (Mention("Eve", user="9"),),
        ),
        ("#a /b c@d.e", [entity("hashtag", 0, 2), entity("bot_command", 3, 2)], None),
        ("a x", [entity("what_comes_next", 0, 1)], (Text("a x"),)),
    ],
)
def test_every_entity_has_its_node(text, entities, nodes):
    assert read(text, *entities) == (nodes or (Text(text),))


@pytest.mark.parametrize(
    ("text", "entities", "nodes"),
    [
        (
            "abc",
            [entity(B, 0, 3), entity("italic", 1, 1)],
            (Bold((Text("a"), Italic((Text("b"),)), Text("c"))),),
        ),
        (
            "abc",
            [entity(B, 0, 2), entity("italic", 1, 2)],
            (Bold((Text("a"), Italic((Text("b"),)))), Italic((Text("c"),))),
        ),
        ("abc", [entity(B, 1, 99)], (Text("a"), Bold((Text("bc"),)))),
        ("abc", [entity(B, 5, 2)], (Text("abc"),)),
        ("abc", [entity(B, -1, 2)], (Text("abc"),)),
        ("abc", [entity(B, 0, 0)], (Text("abc"),)),
        ("👍", [entity(B, 1, 1)], (Bold((Text("👍"),)),)),
        ("", [entity(B, 0, 1)], ()),
    ],
    ids=["nested", "crossing", "too long", "behind", "before", "empty", "half", "no text"],
)
def test_entities_that_nest_cross_or_are_wrong_leave_the_text_whole(text, entities, nodes):
    assert read(text, *entities) == nodes


def test_lines_beside_a_block_are_not_doubled():
    nodes = read("a\nq\nb", entity("blockquote", 2, 1))
    assert nodes == (Text("a"), Quote((Text("q"),)), Text("b"))


@tries(100)
@given(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.lists(
        st.tuples(
            st.sampled_from(["bold", "italic", "blockquote", "pre", "code", "spoiler", "mention"]),
            st.integers(-3, 50),
            st.integers(-3, 50),
        ),
        max_size=12,
    ),
)
def test_whatever_the_entities_the_words_arrive(text, entities):
    text = text.encode("utf-16-le", "replace").decode("utf-16-le", "replace")
    nodes = read(text, *(entity(*one) for one in entities))
    html(nodes)
    shown = iter(plain(nodes))
    for letter in "".join(text.split()):  # each, as often as it is said, and in order
        assert not letter.isprintable() or letter in shown


# What Telegram has entities for, and only in the forms in which it comes back.

words = st.text(st.sampled_from(string.ascii_letters + "é👍🏽𝄞"), min_size=1, max_size=6)
plain_text = words.map(Text)
styles = st.sampled_from([Bold, Italic, Underline, Strike, Spoiler])


def styled(children):
    inner = st.lists(children, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.tuples(styles, inner).map(lambda pair: pair[0](pair[1])),
        st.tuples(inner, words).map(lambda pair: Link(pair[0], f"https://x.org/{pair[1]}")),
    )


inlines = st.one_of(
    st.recursive(plain_text, styled, max_leaves=6),
    words.map(Code),
    st.tuples(words, st.integers(1, 9)).map(lambda one: Mention(one[0], RemoteUserID(str(one[1])))),
)
lines = st.lists(inlines, min_size=1, max_size=4).map(tuple)
blocks = st.one_of(
    lines.map(Quote),
    st.tuples(words, words).map(lambda two: Quote((Text(two[0]), LineBreak(), Text(two[1])))),
    st.tuples(words, st.sampled_from([None, "py"])).map(lambda one: CodeBlock(*one)),
)
documents = st.lists(st.one_of(lines, blocks.map(lambda one: (one,))), min_size=1, max_size=4)


@tries(100)
@given(documents.map(lambda found: canonical(tuple(node for part in found for node in part))))
def test_html_to_entities_to_html_is_the_identity(rich):
    made = formatted(rich, MessageKind.TEXT, None)
    if len(made.entities) >= 100:
        return  # Telegram drops those behind
    assert html(rich_text(made.text, made.entities, known)) == html(rich)


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ((List(((Text("a"),), (Text("b"),))),), "• a\n• b"),
        ((List(((Text("a"),), (Text("b"),)), 3),), "3. a\n4. b"),
        ((List(((Text("a"), List(((Text("b"),),))),)),), "• a\n  • b"),
        ((Paragraph((Text("a"),)), Paragraph((Text("b"),))), "a\n\nb"),
        ((Heading(1, (Text("a"),)), Text("b")), "a\nb"),
        ((Text("a"), Rule(), Text("b")), "a\n———\nb"),
        (
            (Table((((Text("a"),), (Text("bb"),)), ((Text("ccc"),), (Text("d"),)))),),
            "a   | bb\nccc | d",
        ),
        ((Quote((Text("a"), Quote((Text("b"),)))),), "a\n> b"),
        ((RoomMention(), Text("!")), "@room!"),
        ((Text("  a  "),), "a"),
        ((Link((Text("write"),), "mailto:a@x.org"),), "write (mailto:a@x.org)"),
        ((Link((Text("call"),), "tel:+431"), Text("!")), "call (tel:+431)!"),
        ((Link((Text("a@x.org"),), "mailto:a@x.org"),), "a@x.org"),
        ((Link((Text("here"),), "http://intranet/a"),), "here (http://intranet/a)"),
        ((Link((Text("here"),), "https://x.org/a"),), "here"),
    ],
)
def test_what_telegram_has_no_entity_for_is_readable(nodes, text):
    assert formatted(nodes, MessageKind.TEXT, None).text == text


@pytest.mark.parametrize(
    ("nodes", "entities"),
    [
        ((Bold((Text("a"), Code("b"), Text("c"))),), [(B, 0, 1), ("code", 1, 1), (B, 2, 1)]),
        ((Bold((Code("b"),)),), [("code", 0, 1)]),
        ((Quote((Code("b"), Text("c"))),), [("blockquote", 0, 2), ("code", 0, 1)]),
        ((Link((Code("b"),), "https://x.org"), Code("c")), [("text_link", 0, 1), ("code", 1, 1)]),
        (
            (Bold((Italic((Text("a"), Code("b"))), Code("c"), Text("d"))),),
            [(B, 0, 1), ("italic", 0, 1), ("code", 1, 1), ("code", 2, 1), (B, 3, 1)],
        ),
    ],
    ids=["between", "nothing else", "quoted", "linked", "twice"],
)
def test_code_has_no_other_formatting(nodes, entities):
    made = formatted(nodes, MessageKind.TEXT, None)
    assert [(one.type, one.offset, one.length) for one in made.entities] == entities


def test_offsets_move_with_blank_ends_that_telegram_cuts():
    made = formatted((Text("  "), Bold((Text("👍 "),)), Text("a ")), MessageKind.TEXT, None)
    assert made.text == "👍 a"
    assert [(one.type, one.offset, one.length) for one in made.entities] == [(B, 0, 3)]


@pytest.mark.parametrize(
    ("kind", "nodes", "text"),
    [
        (MessageKind.TEXT, (Text("hi"),), "Ann B: hi"),
        (MessageKind.EMOTE, (Text("waves"),), "* Ann B waves"),
        (MessageKind.TEXT, (Quote((Text("hi"),)),), "Ann B:\nhi"),
        (MessageKind.TEXT, (), "Ann B:"),
    ],
)
def test_whose_words_they_are_stands_before_them_in_bold(kind, nodes, text):
    made = formatted(nodes, kind, Author("Ann\nB", "{name}: "))
    assert made.text == text
    first = made.entities[0]
    assert (first.type, first.offset) == (B, 0)
    assert made.size == utf16(text)


anything = st.recursive(
    st.one_of(lines, blocks.map(lambda one: (one,))),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: (List(tuple(items)),)),
        inner.map(lambda nodes: (Quote(nodes),)),
        inner.map(lambda nodes: (Paragraph(nodes), Paragraph(nodes))),
        lines.map(lambda nodes: (Heading(2, nodes), Rule())),
        st.lists(lines, min_size=1, max_size=2).map(lambda row: (Table((tuple(row),)),)),
    ),
    max_leaves=5,
)


@tries(100)
@given(anything.map(canonical))
def test_whatever_was_written_what_telegram_shows_of_it_comes_back_the_same(rich):
    """Lists, headings, tables and nested quotes, too, which have no entities."""
    made = formatted(rich, MessageKind.TEXT, None)
    shown = rich_text(made.text, made.entities, known)
    again = formatted(shown, MessageKind.TEXT, None)
    assert html(rich_text(again.text, again.entities, known)) == html(shown)
