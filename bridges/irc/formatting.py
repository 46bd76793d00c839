"""IRC text to nodes: styled runs, nested the way `layout` flattens them again.

What was split for IRC travels through the core as nodes; flattened, it is the same runs, and so
comes out as the very bytes that were measured.
"""

from itertools import groupby

from bridgekit import (
    Bold,
    Code,
    Color,
    Italic,
    LineBreak,
    RichText,
    Spoiler,
    Strike,
    Text,
    Underline,
)
from bridges.irc.codes import Run, decode

_KINDS = (("bold", Bold), ("italic", Italic), ("underline", Underline), ("strike", Strike))


def from_irc(text: str) -> RichText:
    """The nodes of a text with mIRC codes; () where it shows nothing. A code ends with its line."""
    first, *more = text.split("\n")
    nodes = nested(decode(first))
    for line in more:
        nodes += (LineBreak(), *nested(decode(line)))
    return nodes


def nested(runs: tuple[Run, ...]) -> RichText:
    """Runs as nodes: colours outside, code inside."""
    nodes: RichText = ()
    for (foreground, background), group in groupby(runs, key=_colors):
        inner = _nested(tuple(group), 0)
        if foreground is None and background is None:
            nodes += inner
        elif foreground == background:  # how IRC hides text, for want of a code for it
            nodes += (Spoiler(inner),)
        else:
            nodes += (Color(inner, foreground, background),)
    return nodes


def _colors(run: Run) -> tuple[str | None, str | None]:
    return run[1].foreground, run[1].background


def _nested(runs: tuple[Run, ...], depth: int) -> RichText:
    if depth == len(_KINDS):
        return tuple(Code(text) if style.mono else Text(text) for text, style in runs)
    attribute, kind = _KINDS[depth]
    nodes: RichText = ()
    for present, group in groupby(runs, key=lambda run: bool(getattr(run[1], attribute))):
        inner = _nested(tuple(group), depth + 1)
        nodes += (kind(inner),) if present else inner
    return nodes
