"""An edit as people on old networks write one by hand: `s/old/new/`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_Pair = tuple[str, str]
MOST = 3  # substitutions; more are harder to read than the whole text
SHORT = 24  # letters: a text of no more is said again
_CONTEXT = 1  # words in front of what was added, to show where


def substitutions(before: str, after: str) -> str | None:
    """What was changed, shorter than the new text; None where that is as well said again."""
    if len(after) <= SHORT:
        return None
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    if not 0 < len(changes) <= MOST:
        return None
    if added := _added(before, after, old):
        return added if len(added) < len(after) else None
    pairs = [_pair(old, new, change) for change in changes]
    if not _leads(pairs, old, new):
        return None
    text = ", ".join(f"s/{gone}/{come}/" for gone, come in pairs)
    return text if len(text) < len(after) else None


def _added(before: str, after: str, old: list[str]) -> str:
    """What follows the old text, behind its last words; "" where it changed otherwise."""
    if not after.startswith(before) or len(old) <= _CONTEXT:
        return ""
    start = [match.start() for match in re.finditer(r"\S+", before)][-1 - _CONTEXT]
    return f"* {' '.join(after[start:].split())}"


def _pair(old: list[str], new: list[str], change: tuple[str, int, int, int, int]) -> _Pair:
    """What one change replaces, and by what."""
    kind, start, end, begin, stop = change
    if kind == "insert":  # behind what stands in front of it, or before what follows
        start, begin = (start - 1, begin - 1) if start else (start, begin)
        end, stop = (end, stop) if change[1] else (end + 1, stop + 1)
    return " ".join(old[start:end]), " ".join(new[begin:stop])


def _leads(pairs: Sequence[_Pair], old: list[str], new: list[str]) -> bool:
    """Whether whoever reads them, one after the other, cannot but end at the new words."""
    text = f" {' '.join(old)} "
    for gone, come in pairs:
        if "/" in gone + come or text.count(f" {gone} ") != 1:
            return False
        text = text.replace(f" {gone} ", f" {come} " if come else " ")
    return text.split() == new
