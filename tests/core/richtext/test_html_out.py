"""Nodes to Matrix HTML: what is written, what is escaped, and when HTML is left out."""

import pytest

from bridgekit.ids import RemoteUserID, UserID
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
    to_html,
)

X: RichText = (Text("x"),)
EVIL = "\"><script>&'"


def pill(mention: Mention) -> str | None:
    return f"https://matrix.to/#/{mention.mxid}" if mention.mxid else None


@pytest.mark.parametrize(
    ("node", "html"),
    [
        (Text("<b> & \"'"), "&lt;b&gt; &amp; \"'"),
        (Text("a  b "), "a &nbsp;b&nbsp;"),
        (Text(" a\tb"), "&nbsp;a&nbsp;b"),
        (Text("a\r\nb"), "a<br>b"),
        (Text("\x00\ud83d\ude00\ud800"), "\ufffd😀\ufffd"),
        (LineBreak(), "<br>"),
        (Bold(X), "<strong>x</strong>"),
        (Italic(X), "<em>x</em>"),
        (Underline(X), "<u>x</u>"),
        (Strike(X), "<del>x</del>"),
        (Superscript(X), "<sup>x</sup>"),
        (Subscript(X), "<sub>x</sub>"),
        (Code("<x>"), "<code>&lt;x&gt;</code>"),
        (
            Color(X, "#FF0000", "#000000"),
            '<span data-mx-color="#ff0000" data-mx-bg-color="#000000">x</span>',
        ),
        (Color(X, EVIL), "x"),
        (Spoiler(X), '<span data-mx-spoiler="">x</span>'),
        (Spoiler(X, EVIL), '<span data-mx-spoiler="&quot;&gt;&lt;script&gt;&amp;&#x27;">x</span>'),
        (Link(X, "https://a.b/?c&d"), '<a href="https://a.b/?c&amp;d">x</a>'),
        (Link((), "https://a.b"), '<a href="https://a.b">https://a.b</a>'),
        (Link(X, f"https://{EVIL}"), '<a href="https://&quot;&gt;&lt;script&gt;&amp;&#x27;">x</a>'),
        (Link(X, "javascript:alert(1)"), "x"),
        (Link(X, "java\nscript:alert(1)"), "x"),
        (Link((Link(X, "https://a.b"),), "https://c.d"), '<a href="https://c.d">x</a>'),
        (Mention("A\nB", mxid=UserID("@a:b")), '<a href="https://matrix.to/#/@a:b">A B</a>'),
        (
            Mention(EVIL, mxid=UserID("@a:b")),
            '<a href="https://matrix.to/#/@a:b">"&gt;&lt;script&gt;&amp;\'</a>',
        ),
        (Mention("<A>", RemoteUserID("a")), "&lt;A&gt;"),
        (ChatMention("<c>"), "&lt;c&gt;"),
        (ChatMention("c", url="https://a.b"), '<a href="https://a.b">c</a>'),
        (ChatMention("c", url="javascript:x"), "c"),
        (RoomMention(), "@room"),
        (CustomEmoji("cat"), ":cat:"),
        (CustomEmoji("cat", "https://a/b"), ":cat:"),
        (
            CustomEmoji("c&t", "mxc://a/b"),
            '<img data-mx-emoticon src="mxc://a/b" alt=":c&amp;t:" title=":c&amp;t:" height="32">',
        ),
        (Paragraph(X), "<p>x</p>"),
        (Heading(2, X), "<h2>x</h2>"),
        (Heading(9, X), "<h6>x</h6>"),
        (Quote(X), "<blockquote>x</blockquote>"),
        (CodeBlock("<\n x"), "<pre><code>&lt;\n x</code></pre>"),
        (CodeBlock("x", "py"), '<pre><code class="language-py">x</code></pre>'),
        (CodeBlock("x", EVIL), "<pre><code>x</code></pre>"),
        (List((X, X)), "<ul><li>x</li><li>x</li></ul>"),
        (List((X,), 1), "<ol><li>x</li></ol>"),
        (List((X,), 4), '<ol start="4"><li>x</li></ol>'),
        (Table(((X,),)), "<table><tr><td>x</td></tr></table>"),
        (
            Table(((X,), (X,)), header=True),
            "<table><thead><tr><th>x</th></tr></thead><tr><td>x</td></tr></table>",
        ),
        (Rule(), "<hr>"),
        (Bold((Paragraph(X),)), "<p><strong>x</strong></p>"),
        (Bold(()), ""),
    ],
)
def test_each_node_is_written_as_allowed_html(node: Node, html: str) -> None:
    assert to_html((node,), pill) == html


@pytest.mark.parametrize(
    "rich",
    [
        (),
        (Text("<x>  & y"), LineBreak(), Text("z")),
        (Paragraph(X), Paragraph(X)),
        (RoomMention(), Text(": x")),
        (Mention("A", RemoteUserID("a")),),
        (ChatMention("c"), CustomEmoji("cat")),
        (Link((Text("https://a.b"),), "https://a.b"),),
    ],
)
def test_html_that_adds_nothing_is_left_out(rich: RichText) -> None:
    assert body_and_html(rich, pill)[1] is None


@pytest.mark.parametrize(
    ("rich", "body"),
    [
        ((Text("a "), Bold(X)), "a x"),
        ((Mention("A", mxid=UserID("@a:b")),), "A"),
        ((Link(X, "https://a.b"),), "x (https://a.b)"),
        ((Paragraph((Italic(X),)),), "x"),
    ],
)
def test_html_that_adds_something_comes_with_a_body(rich: RichText, body: str) -> None:
    assert body_and_html(rich, pill) == (body, to_html(rich, pill))
