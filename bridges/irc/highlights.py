"""Nicks in what people say on IRC, as mentions: the word alone calls somebody there. Pure.

Short nicks are words too, so they count only where a line begins by addressing them.
"""

import re
from collections.abc import Callable

from bridgekit import Mention, Node, RemoteUserID, RichText, Text, transform
from bridges.irc.graphemes import graphemes

_NICK = r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*"
_BEFORE = r"(?:^|(?<=[\s(\"'<,;]))@?"
_BEHIND = r"(?=$|[\s)\">,;:!?]|[.'](?!\w)|'s\b)"
_WORD = re.compile(f"{_BEFORE}(?P<nick>{_NICK}){_BEHIND}")
_MARKS = "[]{}^|"
_SURE = 4  # characters from which on a nick is no word by accident
_MOST = 5  # of one message: whoever lists a whole channel calls nobody

Known = Callable[[str], RemoteUserID | None]
"""Who has this nick in the chat."""


def with_mentions(text: RichText, known: Known) -> RichText:
    """`text` with the people in it that are there; code, links and all else stay as they are."""
    left = _MOST

    def change(node: Node) -> RichText:
        nonlocal left
        if not isinstance(node, Text):
            return (node,)
        pieces: list[Node] = []
        end = 0
        for found in _WORD.finditer(node.text):
            at, user = _meant(found, known) if left else (slice(0), None)
            if user is not None:
                left -= 1
                before = node.text[end : at.start]
                pieces += [Text(before), Mention(node.text[at], user)]
                end = at.stop
        if not pieces:
            return (node,)
        pieces.append(Text(node.text[end:]))
        return tuple(piece for piece in pieces if not isinstance(piece, Text) or piece.text)

    return transform(text, change)


def calling_nobody(name: str) -> str:
    """A name with something in it that nobody sees, so that it is no client's nick."""
    first, *rest = [*graphemes(name)] or [""]
    return f"{first}\N{ZERO WIDTH SPACE}{''.join(rest)}" if rest else name


def _meant(found: re.Match[str], known: Known) -> tuple[slice, RemoteUserID | None]:
    """Where in the text somebody is called, and who: also within marks that a nick may have."""
    nick, start = found["nick"], found.start("nick")
    bare = nick.strip(_MARKS)
    within = start + nick.find(bare)
    for at in (slice(start, start + len(nick)), slice(within, within + len(bare))):
        word = found.string[at]
        user = known(word) if word and _may_be(found, len(word)) else None
        if user is not None:
            return at, user
    return slice(0), None


def _may_be(found: re.Match[str], length: int) -> bool:
    addressed = found.start() == 0 and found.string[found.end() : found.end() + 1] in (":", ",")
    return addressed or length >= _SURE
