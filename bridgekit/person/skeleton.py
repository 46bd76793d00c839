"""What a name looks like: two names with the same skeleton are taken for each other.

Unicode Technical Standard #39, "Confusable Detection", beyond which case does not count here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

_UNSEEN = frozenset({"Cf", "Mn", "Me", "Cc"})  # categories: formats, marks on letters, controls


def skeleton(name: str) -> str:
    """May take some time when it is first asked for: it reads a table of letters."""
    alike = _prototypes()
    folded = unicodedata.normalize("NFKD", name)
    seen = [char for char in folded if unicodedata.category(char) not in _UNSEEN]
    shapes = "".join([alike.get(char, char) for char in seen])
    return " ".join(shapes.casefold().split())


@cache
def _prototypes() -> Mapping[str, str]:
    """For letters that look like another one: that."""
    from confusable_homoglyphs.utils import load  # noqa: PLC0415 (of a bridge that relays nobody)

    # Of Unicode's table each line is there both ways; a letter that many look like is no other's.
    pairs = {char: found[0]["c"] for char, found in load("confusables.json").items() if _one(found)}
    return {
        char: min(char, other) if pairs.get(other) == char else other
        for char, other in pairs.items()
    }


def _one(found: list[dict[str, str]]) -> bool:
    return len(found) == 1
