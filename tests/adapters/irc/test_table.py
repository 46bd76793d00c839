"""The whole table of HTML that Matrix allows, as lines of IRC; and every code of mIRC, as HTML."""

import pytest

from bridgekit.richtext import from_html, to_html
from bridges.irc import palette
from bridges.irc.codes import Style, decode, encode
from bridges.irc.formatting import from_irc
from bridges.irc.layout import lines

HTML = [
    ("<b>x</b>", ["\x02x"]),
    ("<strong>x</strong>", ["\x02x"]),
    ("<i>x</i>", ["\x1dx"]),
    ("<em>x</em>", ["\x1dx"]),
    ("<u>x</u>", ["\x1fx"]),
    ("<s>x</s>", ["\x1ex"]),
    ("<del>x</del>", ["\x1ex"]),
    ("<strike>x</strike>", ["\x1ex"]),
    ("<code>x</code>", ["\x11x"]),
    ("<sup>2</sup>", ["^2"]),
    ("<sub>n+1</sub>", ["_(n+1)"]),
    ('<font color="#ff0000">x</font>', ["\x0304x"]),
    ('<font data-mx-color="#ff0000">x</font>', ["\x0304x"]),
    ('<span data-mx-color="#ff0000" data-mx-bg-color="#0000ff">x</span>', ["\x0304,60x"]),
    ('<span data-mx-spoiler="why">x</span>', ["(why) \x0301,01x"]),
    ("<span data-mx-spoiler>x</span>", ["\x0301,01x"]),
    ("<h1>x</h1>", ["\x02x"]),
    ("<h6>x</h6>y", ["\x02x", "y"]),
    ("<p>a</p><p>b</p>", ["a", "b"]),
    ("a<br>b", ["a", "b"]),
    ("a<hr>b", ["a", "---", "b"]),
    ("<div>a</div>b", ["a", "b"]),
    ("<blockquote>a<br>b</blockquote>", ["> a", "> b"]),
    ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", ["• a", "• b", "  • c"]),
    ('<ol start="3"><li>a</li></ol>', ["3. a"]),
    ('<pre><code class="language-py">if x:\n  y\n</code></pre>', ["\x11if x:", "\x11  y"]),
    ('<a href="https://e.org/x">here</a>', ["here (https://e.org/x)"]),
    ('<a href="https://e.org">https://e.org</a>', ["https://e.org"]),
    ('<a href="javascript:x">here</a>', ["here"]),
    ('<a href="https://matrix.to/#/@bob:e.org">Bob</a>', ["Bob"]),
    (
        '<a href="https://matrix.to/#/#r:e.org">#r:e.org</a>',
        ["#r:e.org (https://matrix.to/#/#r:e.org)"],
    ),
    (
        "<table><caption>T</caption><thead><tr><th>h</th><th>i</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
        ["T", "\x02h\x0f | \x02i", "1 | 2"],
    ),
    ('<img src="mxc://e.org/x" alt="cat" title="a cat">', ["cat"]),
    ('<img data-mx-emoticon src="mxc://e.org/x" alt=":party:">', [":party:"]),
    ("<details><summary>more</summary>inside</details>", ["\x02more", "inside"]),
    ("<mx-reply><blockquote>old</blockquote></mx-reply>new", ["new"]),
    ("a &amp; b &lt;c&gt; &quot;d&quot;", ['a & b <c> "d"']),
    ('<span data-mx-maths="x^2"><code>x^2</code></span>', ["\x11x^2"]),
    ("<script>alert(1)</script>x", ["x"]),
    ("<unknown>x</unknown>", ["x"]),
    ("<b><i>x</i> y</b> z", ["\x02\x1dx\x1d y\x0f z"]),
    ("@room hi", ["@room hi"]),
]


def said(html):
    return [encode(line) for line in lines(from_html(html), lambda _: None)]


@pytest.mark.parametrize(("html", "expected"), HTML)
def test_every_tag_of_the_table_has_a_readable_form(html, expected):
    assert said(html) == expected


@pytest.mark.parametrize(
    ("codes", "html"),
    [
        ("\x02b\x02 n", "<strong>b</strong> n"),
        ("\x1di", "<em>i</em>"),
        ("\x1fu", "<u>u</u>"),
        ("\x1es", "<del>s</del>"),
        ("\x11c", "<code>c</code>"),
        ("\x0304r\x03 n", '<span data-mx-color="#ff0000">r</span> n'),
        ("\x0304,02r", '<span data-mx-color="#ff0000" data-mx-bg-color="#00007f">r</span>'),
        ("\x0398x", '<span data-mx-color="#ffffff">x</span>'),
        ("\x0399x", "x"),
        ("\x04ff8800x", '<span data-mx-color="#ff8800">x</span>'),
        ("\x04ff8800,00ff00x", '<span data-mx-color="#ff8800" data-mx-bg-color="#00ff00">x</span>'),
        ("\x16x", '<span data-mx-color="#ffffff" data-mx-bg-color="#000000">x</span>'),
        ("\x0301,01x", '<span data-mx-spoiler="">x</span>'),
        ("\x02a\x1db\x02c\x0fd", "<strong>a<em>b</em></strong><em>c</em>d"),
        ("\x02\x0304a\x02b\x0fc", '<span data-mx-color="#ff0000"><strong>a</strong>b</span>c'),
        ('<b> & "q"', '&lt;b&gt; &amp; "q"'),
        ("a\nb", "a<br>b"),
    ],
)
def test_every_code_has_its_html(codes, html):
    assert to_html(from_irc(codes), lambda _: None) == html


@pytest.mark.parametrize("number", range(palette.DEFAULT))
def test_all_colours_are_known_and_come_back_as_they_were(number):
    color = palette.color(number)
    assert decode(f"\x03{number:02}x") == (("x", Style(foreground=color)),)
    assert palette.color(palette.nearest(color)) == color
