"""Cuts text where a reader sees a gap between two characters: a close form of Unicode UAX 29.

The standard library has no segmentation; these rules cover marks, joined emoji, flags and Hangul.
"""

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"


def graphemes(text: str) -> Iterator[str]:
    """The characters as people count them, in order; joined, they are `text`."""
    start = 0
    flags = 0  # regional indicators at the end of the current character
    for index in range(1, len(text)):
        before, char = text[index - 1], text[index]
        if char < "\u0300" and before < "\u0300":  # neither has a mark: the common case, fast
            yield text[start:index]
            start = index
            continue
        flags = flags + 1 if _is_flag_half(before) else 0
        if not _belongs(before, char, paired=flags % 2 == 0):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _belongs(before: str, char: str, *, paired: bool) -> bool:
    if _JOINER in (before, char) or unicodedata.category(char) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True  # a skin tone, a letter of a regional flag
    if _is_flag_half(before) and _is_flag_half(char):
        return not paired
    return _is_jamo(before) and "\u1160" <= char <= "\u11ff"  # a vowel or final of a syllable


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_jamo(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"
