"""Rich text of strangers: read in bounded time, and nothing in it becomes markup of ours.

What holds for every tree is in `core/richtext/test_properties.py`; here is what is hostile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.richtext import (
    body_and_html,
    canonical,
    from_html,
    from_plain,
    plain,
    split,
    to_html,
)
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.message import message_of
from tests.core.richtext.test_properties import ANY_HTML, check, pill
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

_ATTRIBUTES = st.sampled_from(
    [
        *(
            "href='javascript:alert(1)'",
            'href="https://a.b/"onclick=x"',
            "href=data:text/html,x",
            "onclick=x",
        ),
        *(
            "href='https://matrix.to/#/@bob:example.org'",
            "href='https://matrix.to/#/!r:e.o?via=%zz'",
            "src=x",
        ),
        *(
            "href='https://matrix.to/#/%40a%3Ab.c'",
            "src='mxc://a/b' alt='<b>' height=9e9",
            "class=language-x\x00",
        ),
        *(
            "data-mx-color='red;x'",
            "data-mx-color=#12345",
            "data-mx-spoiler='<'",
            "start=99999999999999999999",
        ),
        *(
            "start=-1",
            "start=x",
            "color='\"'",
            "href=",
            "=",
            "a" * 300,
            "'",
            '"',
            "/",
            "href=//x",
            "href='tel:\n'",
        ),
    ]
)
_NAMES = st.sampled_from(
    [
        *(
            [
                "a",
                "b",
                "p",
                "ul",
                "ol",
                "li",
                "pre",
                "code",
                "span",
                "font",
                "img",
                "table",
                "tr",
                "td",
                "th",
                "h1",
                "blockquote",
                "mx-reply",
            ]
        ),
        *(["script", "style", "svg", "math", "details", "br", "hr", "A\x00", "!--", "?xml"]),
    ]
)
_TAGS = st.builds(
    lambda name, attributes, end: f"<{name} {' '.join(attributes)}{end}",
    *(
        _NAMES,
        st.lists(_ATTRIBUTES, max_size=3),
        st.sampled_from([">", "/>", "", " >", "\x00>", ">>"]),
    ),
)
_CLOSED = _NAMES.map("</{}>".format)
_HTML = st.lists(_TAGS | _CLOSED | TEXT, max_size=20).map("".join) | ANY_HTML
# What has made parsers slow: depth, repetition, what is opened and never closed.
_BOMBS = {
    "depth": "<blockquote>",
    "mixed depth": "<ul><li><b>",
    "never closed": "<a href='",
    "comments": "<!--",
    "entities": "&amp;&#x41;&lt",
    "half entities": "&" + "a" * 20,
    "brackets": "<",
    "closing": "</b></i>",
    "attributes": "<b " + "a='b' ",
    "tables": "<table><tr><td>",
    "breaks": "<br>",
    "paragraphs": "<p>x",
    "spaces": " \n",
    "misnested": "<b><i></b></i>",
    "quotes": '<a href="x" "',
    "code": "<pre><code>`",
    "numbers": "<ol start=9><li>",
}


@tries(200)
@given(_HTML)
@example("<a href='https://matrix.to/#/@bob:example.org'><a href=https://x.y>z</a></a>")
def test_any_html_is_read_and_becomes_nothing_but_allowed_html(html: str) -> None:
    rich = from_html(html)
    assert canonical(rich) == rich
    check(to_html(rich, pill))
    plain(rich).encode()


@tries(150)
@given(TEXT)
def test_plain_text_never_becomes_markup(text: str) -> None:
    html = to_html(from_plain(text), pill)
    check(html)
    assert plain(from_html(html)).split() == plain(from_plain(text)).split()
    body, formatted = body_and_html(from_plain(text), pill)
    assert formatted is None
    body.encode()


@tries(100)
@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("body", "formatted_body", "format"), TEXT | _HTML)
    )
)
def test_the_text_of_any_event_is_read(content: dict[str, Any]) -> None:
    event = {"event_id": "$a", "type": "m.room.message", "sender": "@a:b.c", "content": content}
    try:
        rich = message_of(event, lambda _: None).text
    except Failed:  # its sender is told
        return
    assert plain(canonical(rich)).strip()


def _calls(action: Callable[[], object]) -> int:
    """How many functions are called: what takes time, whatever else runs on this machine."""
    count = 0

    def called(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def _through(html: str) -> None:
    rich = from_html(html)
    to_html(rich, pill)
    plain(rich)
    split(rich, 400)


@pytest.mark.parametrize("bomb", _BOMBS.values(), ids=_BOMBS.keys())
def test_the_work_grows_no_faster_than_the_text(bomb: str) -> None:
    small, large = (bomb * (size // len(bomb)) + "x" for size in (2_000, 16_000))
    _through(small)  # what is looked up once is looked up
    assert _calls(lambda: _through(large)) <= 24 * _calls(lambda: _through(small)) + 5_000
