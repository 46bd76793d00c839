"""What strangers may send: texts with everything odd in them, and JSON of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

# What parsers trip over: controls, halves of characters, marks that turn or join, other ends of
# lines, letters that grow or shrink with their case, what is syntax somewhere.
_ODD = [
    *("\0", "\x01", "\x03", "\x1b[2J", "\r\n", "\r", "\n", "\t", "\x7f", "\x85", "\u2028", "\xa0"),
    *("\ud800", "\udfff", "\ufeff", "\u200b", "\u202e", "\u2066", "\u0301", "\u0130", "ß", "İ"),
    *("<", ">", "&", '"', "'", "`", "\\", "/", "../", "%", "%00", "%s", "{0}", "${x}", "=", "_"),
    *(
        ":",
        "@",
        "#",
        "!",
        "$",
        "*",
        "~",
        ",",
        ";",
        "|",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "-",
        "+",
        ".",
    ),
    *(
        "👨\u200d👩",
        "🏳️\u200d🌈",
        "é",
        "e\u0301",
        "日本",
        "\U0010ffff",
        "\u0000",
        "NULL",
        "DROP TABLE",
    ),
    *(
        "@bob:example.org",
        "!room:example.org",
        "#room:example.org",
        "$event",
        "mxc://a/b",
        "javascript:x",
    ),
    *(
        "https://example.org/?a&b",
        "http://[::1",
        "//x",
        "</p>",
        "<b>",
        "&#x110000;",
        "&amp;",
        "]]>",
    ),
]
TEXT = (
    st.text(st.characters(exclude_categories=()), max_size=20)
    | st.lists(st.sampled_from(_ODD) | st.text("abAB 09", max_size=4), max_size=12).map("".join)
    | st.builds(lambda piece, count: piece * count, st.sampled_from(_ODD), st.integers(1, 400))
)
NUMBER = (
    st.integers()
    | st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e308, -1e308, 5e-324])
)
_SCALAR = st.none() | st.booleans() | NUMBER | TEXT
JSON: st.SearchStrategy[Any] = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def nested(kind: str, depth: int) -> Any:
    """Lists or objects within each other."""
    value: Any = "deep"
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


DEEP = st.builds(nested, st.sampled_from(["list", "dict"]), st.sampled_from([10, 99, 400]))
ANYTHING = JSON | DEEP


@st.composite
def _mostly(draw: st.DrawFn, value: st.SearchStrategy[Any]) -> Any:
    """As it should be; now and then it is anything."""
    return draw(value) if draw(st.integers(0, 7)) else draw(ANYTHING)


@st.composite
def bent(draw: st.DrawFn, shape: Mapping[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """An object of this shape, most of it as it should be; now and then something is missing."""
    there = {key: value for key, value in shape.items() if draw(st.integers(0, 7))}
    known = {key: draw(_mostly(value)) for key, value in there.items()}
    other = draw(st.dictionaries(TEXT, ANYTHING, max_size=1)) if not draw(st.integers(0, 9)) else {}
    return {**other, **known}
