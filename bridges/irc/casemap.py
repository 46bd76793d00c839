"""Which names IRC takes for the same: a network says so with the CASEMAPPING of its 005.

The `irc` package folds by `rfc1459` only, and folds all of Unicode with it, which no server does.
"""

import string
from enum import StrEnum
from functools import lru_cache


class CaseMapping(StrEnum):
    ASCII = "ascii"
    RFC1459 = "rfc1459"
    RFC1459_STRICT = "rfc1459-strict"


# RFC 1459 §2.2: {}| are the lower case of []\, "due to IRC's Scandinavian origin"; servers that
# announce plain `rfc1459` count ~ and ^ as a pair too, which `rfc1459-strict` does not.
_UPPER = string.ascii_uppercase
_LOWER = string.ascii_lowercase
_TABLES = {
    CaseMapping.ASCII: str.maketrans(_UPPER, _LOWER),
    CaseMapping.RFC1459: str.maketrans(_UPPER + "[]\\~", _LOWER + "{}|^"),
    CaseMapping.RFC1459_STRICT: str.maketrans(_UPPER + "[]\\", _LOWER + "{}|"),
}

_LONG = 64  # characters: no name has more, and what is longer is not remembered


def case_mapping(announced: str) -> CaseMapping:
    """The mapping that a server announces.

    One that we do not know counts as `ascii`, which takes the fewest names for the same.
    """
    try:
        return CaseMapping(announced.lower())
    except ValueError:
        return CaseMapping.ASCII


def fold(name: str, mapping: CaseMapping) -> str:
    """The one spelling that all names share that `mapping` takes for the same."""
    return _folded(name, mapping) if len(name) <= _LONG else name.translate(_TABLES[mapping])


@lru_cache(1024)  # the same few names are in every line
def _folded(name: str, mapping: CaseMapping) -> str:
    return name.translate(_TABLES[mapping])
