"""What holds for every tree and every string."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import UserID
from bridgekit.richtext import (
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
    Measure,
    Mention,
    Node,
    Paragraph,
    Quote,
    RichText,
    RoomMention,
    Rule,
    Spoiler,
    Strike,
    Subscript,
    Superscript,
    Table,
    Text,
    Underline,
    body_and_html,
    canonical,
    chars,
    from_html,
    from_plain,
    plain,
    split,
    to_html,
    utf8,
    utf16,
    walk,
)
from tests.fuzz.effort import tries

# Client-server spec v1.15, "m.room.message msgtypes"; data-mx-emoticon is MSC2545.
ALLOWED: dict[str, set[str]] = {
    **{
        tag: set()
        for tags in (
            (
                "del",
                "h1",
                "h2",
                "h3",
                "h4",
                "h5",
                "h6",
                "blockquote",
                "p",
                "ul",
                "sup",
                "sub",
                "li",
            ),
            ("b", "i", "u", "strong", "em", "s", "hr", "br", "div", "table", "thead", "tbody"),
            ("tr", "th", "td", "caption", "pre", "details", "summary"),
        )
        for tag in tags
    },
    "span": {"data-mx-bg-color", "data-mx-color", "data-mx-spoiler", "data-mx-maths"},
    "a": {"target", "href"},
    "img": {"width", "height", "alt", "title", "src", "data-mx-emoticon"},
    "ol": {"start"},
    "code": {"class"},
}
COLORS = st.sampled_from(["#ff0000", "#00ff00", None])
MXID = UserID("@a:b.c")
ROOM_URL = "https://matrix.to/#/!r:b.c?via=d&via=e"
STYLES = (Bold, Italic, Underline, Strike, Superscript, Subscript)


def pill(mention: Mention) -> str | None:
    return f"https://matrix.to/#/{mention.mxid}" if mention.mxid else None


def trees(
    text: st.SearchStrategy[str], url: st.SearchStrategy[str], references: st.SearchStrategy[Node]
) -> st.SearchStrategy[RichText]:
    """Trees of every kind of node whose strings are `text`."""
    leaves = st.one_of(
        text.map(Text),
        st.just(LineBreak()),
        text.map(Code),
        st.builds(CodeBlock, text, st.none() | st.just("py")),
        st.just(Rule()),
        references,
    )

    def containers(node: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        inner = st.lists(node, max_size=4).map(tuple)
        parts = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(
            st.builds(lambda kind, children: kind(children), st.sampled_from(STYLES), inner),
            st.builds(Color, inner, COLORS, COLORS),
            st.builds(Spoiler, inner, st.none() | text),
            st.builds(Link, inner, url),
            st.builds(Paragraph, inner),
            st.builds(Heading, st.integers(0, 8), inner),
            st.builds(Quote, inner),
            st.builds(List, parts, st.none() | st.integers(-5, 1000)),
            st.builds(Table, st.lists(parts, max_size=3).map(tuple), st.booleans()),
        )

    return st.lists(st.recursive(leaves, containers, max_leaves=12), max_size=4).map(tuple)


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30) | st.text(
    " a\n\r\t<&", max_size=12
)
ANY_URL = st.sampled_from(["https://a.b/?c&d", "mailto:a@b", "javascript:x", "/x", ""]) | ANY_TEXT
ANY_REFERENCE: st.SearchStrategy[Node] = st.one_of(
    st.builds(Mention, ANY_TEXT, mxid=st.none() | st.just(MXID)),
    st.builds(ChatMention, ANY_TEXT, url=st.none() | st.just(ROOM_URL)),
    st.builds(CustomEmoji, ANY_TEXT, st.sampled_from(["mxc://a/b", "https://a/b", None])),
    st.just(RoomMention()),
)
ANY_TREE = trees(ANY_TEXT, ANY_URL, ANY_REFERENCE)
WORDS = st.text("ab<&é😀", min_size=1, max_size=6)
# What HTML can say in full: references of the Matrix side.
MATRIX_REFERENCE: st.SearchStrategy[Node] = st.one_of(
    st.builds(Mention, WORDS, mxid=st.just(MXID)),
    st.builds(ChatMention, WORDS, url=st.just(ROOM_URL)),
    st.builds(CustomEmoji, WORDS, st.just("mxc://a/b")),
)
MATRIX_TREE = trees(WORDS, st.sampled_from(["https://a.b/?c&d", "tel:+1"]), MATRIX_REFERENCE)
HTML_PIECES = [
    *(f"<{tag}>" for tag in ALLOWED),
    *(f"</{tag}>" for tag in ALLOWED),
    *("<mx-reply>", "</mx-reply>", "<script>", "</script>", "<font color=red>", "</font>", "<!--"),
    *("-->", "<a href='https://a.b'>", "<span data-mx-spoiler=x>", " ", "\n", "x", "y z", "&lt;"),
]
ANY_HTML = st.lists(st.sampled_from(HTML_PIECES), max_size=30).map("".join) | ANY_TEXT


class Checker(HTMLParser):
    """Fails on a tag or attribute that the spec does not allow, and on one left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        for name, value in attrs:
            assert name != "href" or re.match(
                r"(https?|ftp|mailto|magnet|tel):", value or "", re.IGNORECASE
            )
            assert name != "src" or (value or "").startswith("mxc://")
            assert name != "class" or (value or "").startswith("language-")
        assert tag != "a" or "a" not in self.open
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> None:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert not checker.open


def seen(text: str) -> str:
    """Text as it looks: in HTML each white space is a space of its own."""
    return re.sub(r"[ \t\f\xa0]", " ", text)


@tries(150)
@given(ANY_TREE)
def test_html_is_allowed_well_formed_and_can_be_sent(rich: RichText) -> None:
    html = to_html(rich, pill)
    check(html)
    html.encode()


@tries(150)
@given(ANY_TREE)
def test_html_and_back_keeps_the_plain_text(rich: RichText) -> None:
    assert seen(plain(from_html(to_html(rich, pill)))) == seen(plain(rich))


@tries(150)
@given(MATRIX_TREE)
def test_html_and_back_is_the_same_tree(rich: RichText) -> None:
    assert from_html(to_html(rich, pill)) == canonical(rich)


@tries(150)
@given(ANY_TREE)
def test_canonical_form_is_final_and_keeps_the_text(rich: RichText) -> None:
    final = canonical(rich)
    assert canonical(final) == final
    assert plain(final) == plain(rich)
    plain(rich).encode()


@tries(150)
@given(ANY_HTML)
def test_any_html_is_read_and_can_be_written(html: str) -> None:
    rich = from_html(html)
    assert canonical(rich) == rich
    check(to_html(rich, pill))


@tries(150)
@given(ANY_TEXT)
def test_plain_text_comes_back(text: str) -> None:
    rich = from_plain(text)
    again = plain(rich)
    assert "\r" not in again
    assert from_plain(again) == rich
    assert body_and_html(rich, pill) == (again, None)


@tries(150)
@given(ANY_TREE, st.integers(8, 60), st.sampled_from([chars, utf16, utf8]))
def test_parts_are_bounded_and_none_is_blank(rich: RichText, limit: int, measure: Measure) -> None:
    for part in split(rich, limit, measure):
        assert measure(plain(part)) <= limit
        assert plain(part).strip()
        assert canonical(part) == part


@tries(150)
@given(st.text("ab \n\u0301👨\u200d👩\U0001f1e9", max_size=200), st.integers(4, 40))
def test_parts_of_plain_text_are_the_text(text: str, limit: int) -> None:
    parts = [plain(part) for part in split(from_plain(text), limit)]
    assert "".join("".join(parts).split()) == "".join(text.split())


@tries(150)
@given(MATRIX_TREE, st.integers(30, 60))
def test_parts_of_a_tree_have_its_letters_in_order(rich: RichText, limit: int) -> None:
    # What formatting adds (markers, URLs, warnings) comes again in each part.
    shown = iter("".join(plain(part) for part in split(rich, limit)))
    for node in walk(canonical(rich)):
        if isinstance(node, Text | Code | CodeBlock):
            assert all(letter in shown for letter in node.text)
