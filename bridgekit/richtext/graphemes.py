"""Where text may be cut so that no character that people see falls apart.

A short form of Unicode's grapheme clusters (UAX #29): marks stay with their letter, and emoji that
joiners, skin tones, tags or regional indicators make stay whole.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"


def boundary(text: str, start: int, end: int) -> int:
    """The last place in `text` after `start` and up to `end` where it may be cut; `end` if none."""
    at = end
    while at > start and not _may_cut(text, start, at):
        at -= 1
    return at if at > start else end


def _may_cut(text: str, start: int, at: int) -> bool:
    if at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if after < "\u0300" and before < "\u0300":  # nearly all text
        return True
    if _joins(after) or before == _JOINER:
        return False
    return not (_is_flag_half(after) and _flag_halves_before(text, start, at) % 2)


def _joins(char: str) -> bool:
    """Whether `char` belongs to what stands before it."""
    return (
        char == _JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of the flags of regions
        or "\u1160" <= char <= "\u11ff"  # vowels and finals of Hangul
        or unicodedata.category(char).startswith("M")  # marks, and variation selectors
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, start: int, at: int) -> int:
    first = at
    while first > start and _is_flag_half(text[first - 1]):
        first -= 1
    return at - first
