"""What gateways write into the fields of their calls alike: states, and files by their numbers."""

from __future__ import annotations

from collections.abc import Mapping

from bridges.sms.provider import Media, UnusableError
from bridges.sms.status import Rank, rank_of

_FILES = 10  # that one message can have


def ranked(word: str) -> Rank:
    """What a gateway's word for a state means. Raises `UnusableError` for one that is new."""
    rank = rank_of(word)
    if rank is None:
        raise UnusableError(f"it tells of a state {word[:20]!r}, which we do not know")
    return rank


def numbered(fields: Mapping[str, str], name: str, count: str, kind: str = "") -> tuple[Media, ...]:
    """The files that fields name by numbers, as in `MediaUrl0`; `kind` is the field of the type."""
    most = min(int(count) if count.isdecimal() else 0, _FILES)
    return tuple(
        Media(fields[name.format(one)], fields.get(kind.format(one), ""))
        for one in range(most)
        if fields.get(name.format(one))
    )
