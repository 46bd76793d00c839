"""HTML text as tokens: start tags, end tags and the characters between them.

A tokenizer of our own, because a full HTML parser re-opens unclosed formatting in every paragraph,
as its standard demands: 17 kB of such HTML become a document of 900 MB. This one is linear, and
where a browser would swallow the rest of a message (an unclosed tag or comment) it keeps the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridgekit.richtext.canonical import sound

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class StartTag:
    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class EndTag:
    name: str


Token = StartTag | EndTag | str

_NAME = re.compile(r"<(/?)([a-zA-Z][^ \t\n\f\r/>]*+)")
_BETWEEN = re.compile(r"[ \t\n\f\r/=]*+")
_ATTRIBUTE = re.compile(
    r"([^ \t\n\f\r/>=]++)"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+"
    r"(?:\"([^\"]*+)\"|'([^']*+)'|([^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)))?"
)
_COMMENT = re.compile(r"<!--(?:-?>|(?s:.*?)--!?>)|<[!?][^>]*+>")
_HIDDEN_END = {
    name: re.compile(rf"(?=</{name}[ \t\n\f\r/>])", re.IGNORECASE) for name in ("script", "style")
}
_ZEROS = re.compile(r"(&#[xX]?)0++(?=[0-9a-fA-F])")
_HUGE = re.compile(r"&#(?:[0-9]{8,}+|[xX][0-9a-fA-F]{8,}+);?")
_REFERENCE = re.compile(r"&(?:#[0-9]++|#[xX][0-9a-fA-F]++|[a-zA-Z][a-zA-Z0-9]{1,31}+);")


def tokens(source: str) -> list[Token]:
    """All of `source`, without comments, scripts, styles and reply fallbacks."""
    return _without_replies(_scan(sound(source).replace("\r\n", "\n").replace("\r", "\n")))


def _scan(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        bracket = source.find("<", at)
        if bracket < 0:
            break
        if bracket > at:
            yield _characters(source[at:bracket])
        if name := _NAME.match(source, bracket):
            token, at = _tag(source, name)
            yield token
            at = _after_hidden(source, at, token)
        elif source.startswith(("<!", "<?"), bracket):
            if not (comment := _COMMENT.match(source, bracket)):
                at = bracket
                break
            at = comment.end()
        else:
            yield "<"
            at = bracket + 1
    if at < len(source):
        yield _characters(source[at:])


def _tag(source: str, name: re.Match[str]) -> tuple[Token, int]:
    """The tag whose `name` was found, and where it ends; without an end the rest is text."""
    attributes: Attributes = {}
    at = _after_space(source, name.end())
    while found := _ATTRIBUTE.match(source, at):
        value = next((group for group in found.groups()[1:] if group is not None), "")
        attributes.setdefault(found[1].lower(), _REFERENCE.sub(_referred, value))
        at = _after_space(source, found.end())
    if not source.startswith(">", at):
        return _characters(source[name.start() :]), len(source)
    tag = name[2].lower()
    return EndTag(tag) if name[1] else StartTag(tag, attributes), at + 1


def _after_space(source: str, at: int) -> int:
    between = _BETWEEN.match(source, at)
    return between.end() if between else at


def _after_hidden(source: str, at: int, token: Token) -> int:
    """Where the text goes on after a tag: behind what is code for a browser, not text."""
    if isinstance(token, StartTag) and (hidden := _HIDDEN_END.get(token.name)):
        end = hidden.search(source, at)
        return end.start() if end else len(source)
    return at


def _characters(text: str) -> str:
    if "&" not in text:
        return text
    # html.unescape would hand thousands of digits to int(), which refuses them.
    return sound(html.unescape(_HUGE.sub("\ufffd", _ZEROS.sub(r"\1", text))))


def _referred(reference: re.Match[str]) -> str:
    # In attributes a reference without a semicolon is none: "?a=1&copy=2" is a URL (HTML, 13.2.5).
    return _characters(reference[0])


def _without_replies(scanned: Iterator[Token]) -> list[Token]:
    """Drop `mx-reply`, here because later `<p><mx-reply><p>` would let half of it out (v1.13)."""
    kept: list[Token] = []
    opened: list[int] = []
    for token in scanned:
        match token:
            case StartTag("mx-reply"):
                opened.append(len(kept))
            case EndTag("mx-reply"):
                if opened:
                    del kept[opened.pop() :]
            case _:
                kept.append(token)
    return kept
