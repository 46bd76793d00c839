"""Matrix HTML to nodes: a row per tag and attribute of the spec's table, and per kind of abuse."""

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
    Italic,
    LineBreak,
    Link,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    RichText,
    Rule,
    Spoiler,
    Strike,
    Subscript,
    Superscript,
    Table,
    Text,
    Underline,
    from_html,
    plain,
    walk,
)

X: RichText = (Text("x"),)
Y: RichText = (Text("y"),)
MATRIX_TO = "https://matrix.to/#/"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<b>x</b>", Bold(X)),
        ("<strong>x</strong>", Bold(X)),
        ("<i>x</i>", Italic(X)),
        ("<em>x</em>", Italic(X)),
        ("<u>x</u>", Underline(X)),
        ("<ins>x</ins>", Underline(X)),
        ("<del>x</del>", Strike(X)),
        ("<s>x</s>", Strike(X)),
        ("<strike>x</strike>", Strike(X)),
        ("<sup>x</sup>", Superscript(X)),
        ("<sub>x</sub>", Subscript(X)),
        ("<code>a  b</code>", Code("a  b")),
        ("<code>a<b>b</b></code>", Code("ab")),
        ("<p>x</p>", Paragraph(X)),
        ("<h1>x</h1>", Heading(1, X)),
        ("<h2>x</h2>", Heading(2, X)),
        ("<h3>x</h3>", Heading(3, X)),
        ("<h4>x</h4>", Heading(4, X)),
        ("<h5>x</h5>", Heading(5, X)),
        ("<h6>x</h6>", Heading(6, X)),
        ("<blockquote>x</blockquote>", Quote(X)),
        ("<blockquote>\n<p>x</p>\n</blockquote>\n", Quote((Paragraph(X),))),
        ("<hr>", Rule()),
        ("<br/>", LineBreak()),
        ("<ul><li>x</li><li>y</li></ul>", List((X, Y))),
        ("<ul><li>x<li>y</ul>", List((X, Y))),
        ("<ul>\n<li>\n<p>x</p>\n</li>\n</ul>", List(((Paragraph(X),),))),
        ("<ul><li>x</li><ul><li>y</li></ul></ul>", List(((*X, List((Y,))),))),
        ("<ul>x</ul>", List((X,))),
        ("<ol><li>x</li></ol>", List((X,), 1)),
        ("<ol start=7><li>x</li></ol>", List((X,), 7)),
        ("<ol start='-2'><li>x</li></ol>", List((X,), -2)),
        (f"<ol start={'9' * 5000}><li>x</li></ol>", List((X,), 1)),
        ("<ol start=seven><li>x</li></ol>", List((X,), 1)),
        ("<pre>\n a\n  b\n</pre>", CodeBlock(" a\n  b")),
        ("<pre><code class='language-py'>a\n</code></pre>", CodeBlock("a", "py")),
        ("<pre><code class='x language-c++'>a<br>b</code></pre>", CodeBlock("a\nb", "c++")),
        ("<pre><code class=py>a\r\nb</code></pre>", CodeBlock("a\nb")),
        ("<table><tr><td>x<td>y</table>", Table(((X, Y),))),
        (
            (
                "<table>\n<thead>\n<tr>\n<th>x</th>\n</tr>\n</thead>\n"
                "<tbody>\n<tr>\n<td>y</td>\n</tr>\n</tbody>\n</table>"
            ),
            Table(((X,), (Y,)), header=True),
        ),
        ("<table><td>x</td></table>", Table(((X,),))),
        ("<font color=red>x</font>", Color(X, "#ff0000")),
        ("<font color='#0F0'>x</font>", Color(X, "#00ff00")),
        ("<font data-mx-color='#00FF00' color=red>x</font>", Color(X, "#00ff00")),
        ("<span data-mx-bg-color='#000000'>x</span>", Color(X, None, "#000000")),
        (
            "<span data-mx-color=#a0b0c0 data-mx-bg-color=#111>x</span>",
            Color(X, "#a0b0c0", "#111111"),
        ),
        ("<span data-mx-spoiler>x</span>", Spoiler(X)),
        ("<span data-mx-spoiler='the  end'>x</span>", Spoiler(X, "the end")),
        ("<span data-mx-maths='\\pi'></span>", Code("\\pi")),
        ("<span data-mx-maths='\\pi'><code>pi</code></span>", Code("pi")),
        ("<div data-mx-maths='\\pi'></div>", CodeBlock("\\pi", "latex")),
        ("<a href='https://a.b/?x=1&amp;y=2'>x</a>", Link(X, "https://a.b/?x=1&y=2")),
        ("<a href='https://a.b/?x=1&copy=2'>x</a>", Link(X, "https://a.b/?x=1&copy=2")),
        ("<a href=http://a.b/>x</a>", Link(X, "http://a.b/")),
        ("<a href='ftp://a.b'>x</a>", Link(X, "ftp://a.b")),
        ("<a href='mailto:a@b'>x</a>", Link(X, "mailto:a@b")),
        ("<a href='magnet:?xt=1'>x</a>", Link(X, "magnet:?xt=1")),
        ("<a href='tel:+1'>x</a>", Link(X, "tel:+1")),
        (
            f"<a href='{MATRIX_TO}%40a%3Ab.c'>Ann <i>B</i></a>",
            Mention("Ann B", mxid=UserID("@a:b.c")),
        ),
        (f"<a href='{MATRIX_TO}@a:b.c?via=d'>A</a>", Mention("A", mxid=UserID("@a:b.c"))),
        (f"<a href='{MATRIX_TO}@a:b.c'></a>", Mention("@a:b.c", mxid=UserID("@a:b.c"))),
        ("<a href='matrix:u/a:b.c?action=chat'>A</a>", Mention("A", mxid=UserID("@a:b.c"))),
        (f"<a href='{MATRIX_TO}#r:b.c'>R</a>", ChatMention("R", url=f"{MATRIX_TO}#r:b.c")),
        (f"<a href='{MATRIX_TO}!r:b.c'>R</a>", ChatMention("R", url=f"{MATRIX_TO}!r:b.c")),
        ("<a href='matrix:r/r:b.c'>R</a>", ChatMention("R", url=f"{MATRIX_TO}#r:b.c")),
        ("<a href='matrix:roomid/r:b.c'>R</a>", ChatMention("R", url=f"{MATRIX_TO}!r:b.c")),
        (
            f"<a href='{MATRIX_TO}!r:b.c/$e'>said</a>",
            Link((Text("said"),), f"{MATRIX_TO}!r:b.c/$e"),
        ),
        (
            "<a href='matrix:roomid/r:b.c/e/e'>said</a>",
            Link((Text("said"),), f"{MATRIX_TO}!r:b.c/$e"),
        ),
        (f"<a href='{MATRIX_TO}@'>x</a>", Link(X, f"{MATRIX_TO}@")),
        ("<img data-mx-emoticon src='mxc://a/b' alt=':cat:'>", CustomEmoji("cat", "mxc://a/b")),
        ("<img data-mx-emoticon src='http://a/b' title='cat'>", CustomEmoji("cat")),
        ("<img src='mxc://a/b' alt='a  cat'>", Text("a cat")),
    ],
)
def test_each_allowed_element_becomes_its_node(html: str, expected: Node) -> None:
    assert from_html(html) == (expected,)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<script>alert(1)</script>x", "x"),
        ("<STYLE>p {}</style >x", "x"),
        ("<script>unclosed", ""),
        ("<!-- hidden --><!doctype html><?xml?>x", "x"),
        ("<!-->x<!--->y", "xy"),
        ("<blink onclick='x'>x</blink>", "x"),
        ("<img src='mxc://a/b'>", ""),
        ("<a href='javascript:alert(1)'>x</a>", "x"),
        ("<a href=' java&#10;script:alert(1)'>x</a>", "x"),
        ("<a href='&#1;javascript:x'>x</a>", "x"),
        ("<a href='data:text/html,x'>x</a>", "x"),
        ("<a href='//a.b'>x</a>", "x"),
        ("<a href='/path'>x</a>", "x"),
        ("<a name=x>x</a>", "x"),
        ("<a href='https://a.b'></a>", "https://a.b"),
        ("&lt;b&gt; &amp;amp; &#65;&#0000066; &hearts;", "<b> &amp; AB ♥"),
        (f"&#{'9' * 5000};&#{'0' * 5000}67;", "\ufffdC"),
        ("&#xD800;&#0;\x00\ud800", "\ufffd\ufffd\ufffd\ufffd"),
        ("a <3 b </3 <", "a <3 b </3 <"),
        ("a <b", "a <b"),
        ("a <b title='c> d", "a d"),
        ("a <!-- b", "a <!-- b"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div><div>a</div></div>\n<div>b</div>", "a\nb"),
        ("<div>a</div><br><div>b</div>", "a\n\nb"),
        ("a<div>b</div>c", "a\nb\nc"),
        ("<section>a</section><section>b</section>", "a\nb"),
        ("<details><summary>a</summary>b</details>c", "a\nb\nc"),
        ("<li>a</li><li>b</li>", "a\nb"),
        ("<tr><td>a</td><td>b</td></tr>", "a\nb"),
        ("<p>a</p>b<p>c</p><p>d</p>", "a\nb\nc\n\nd"),
        ("<p>a<p>b", "a\n\nb"),
        ("<h1>a<h2>b</h2>", "a\nb"),
        ("a</br>b</p>c", "a\nbc"),
        ("<table>a<caption>b</caption><tr>c<td>d<td>e</tr>f</table>g", "a\nb\nf\nc | d | e\ng"),
        ("<table><tr><td><ul><li>a<li>b</ul></div></td></tr></table>", "- a - b"),
        ("<ul><li>a<blockquote>b<li>c</blockquote><li>d</ul>", "- a\n  > b\n  > c\n- d"),
    ],
)
def test_what_is_not_allowed_leaves_its_text(html: str, text: str) -> None:
    assert plain(from_html(html)) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("  a \n\t b  ", "a b"),
        ("<p> a <b> b </b> c </p> d", "a b c\nd"),
        ("a <b> </b>c", "a c"),
        ("a <b> </b>", "a"),
        ("a <br> b", "a\nb"),
        ("a<b> b</b>", "a b"),
        ("a&nbsp; b", "a\xa0 b"),
        ("a <code> b </code> c", "a  b  c"),
        ("<pre> a\n b </pre>", " a\n b "),
    ],
)
def test_white_space_is_what_a_browser_shows(html: str, text: str) -> None:
    assert plain(from_html(html)) == text


@pytest.mark.parametrize(
    "html",
    [
        "<mx-reply><blockquote>old</blockquote></mx-reply>new",
        "<MX-REPLY x=y><p>old</MX-reply >new",
        "<p><mx-reply><blockquote><p>old</p></blockquote></mx-reply></p>new",
        "<table><mx-reply><p>old</mx-reply></table>new",
        "<mx-reply><mx-reply>old</mx-reply>old</mx-reply>new",
        "</mx-reply><mx-reply>new",
    ],
)
def test_reply_fallback_is_gone_wherever_it_stands(html: str) -> None:
    assert plain(from_html(html)) == "new"


def test_overlapping_formatting_goes_on_as_in_browsers() -> None:
    assert from_html("<b>a<i>b</b>c</i>d") == (
        Bold((Text("a"), Italic((Text("b"),)))),
        Italic((Text("c"),)),
        Text("d"),
    )


def test_formatting_around_blocks_is_within_them() -> None:
    assert from_html("<b>x<p>y</p><ul><li>x</ul></b>") == (
        Bold(X),
        Paragraph((Bold(Y),)),
        List(((Bold(X),),)),
    )


def test_space_before_a_link_stays_before_it() -> None:
    link = "<a href='https://a.b'>y</a>"
    assert from_html(f"x {link}") == (Text("x "), Link(Y, "https://a.b"))


def depth(rich: RichText) -> int:
    return 1 + max((depth(getattr(node, "children", ())) for node in rich), default=0)


@pytest.mark.parametrize(
    "tag", ["b", "i", "div", "p", "blockquote", "ul><li", "table><tr><td", "xyz"]
)
def test_deep_html_is_flattened_and_not_lost(tag: str) -> None:
    rich = from_html(f"<{tag}>" * 20_000 + "x" + f"</{tag}>" * 20_000 + "y")
    letters = [node.text for node in walk(rich) if isinstance(node, Text)]
    assert "".join(letters) == "xy"
    assert depth(rich) <= 100


def test_one_message_cannot_become_a_flood_of_nodes() -> None:
    # A browser's parser re-opens every font in every paragraph: 12 million elements.
    fonts = "".join(f"<font color=#{number:06x}>" for number in range(1500))
    rich = from_html(fonts + "<p>x" * 8000)
    assert sum(1 for _ in walk(rich)) <= 8000 * 12


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<!--", "&", "<a b='>' ", "&#", "<b></i>", "</b>", "<ul>"]
)
def test_repeated_fragments_are_read(piece: str) -> None:
    from_html(piece * (65536 // len(piece)))
