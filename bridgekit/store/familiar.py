"""Which messages are known already, asked in the commit that stores what brings them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import Connection, TextClause, text

from bridgekit.ids import PortalID
from bridgekit.store import sql

Place = tuple[PortalID, str]
AT_ONCE = 64  # messages in one statement


@dataclass(frozen=True, slots=True)
class Familiar:
    """Result: those of `messages` that have a link, or were deleted; it changes nothing."""

    rank: ClassVar[int] = 1
    keep: ClassVar[bool] = False
    messages: Sequence[Place]

    @classmethod
    def apply(
        cls, connection: Connection, operations: Sequence[Familiar]
    ) -> Sequence[frozenset[Place]]:
        asked = [place for one in operations for place in one.messages]
        known = set[Place]()
        for start in range(0, len(asked), AT_ONCE):
            known.update(_known(connection, asked[start : start + AT_ONCE]))
        return [frozenset(known.intersection(one.messages)) for one in operations]


def _known(connection: Connection, places: Sequence[Place]) -> list[Place]:
    # Of few lengths, by repetition: a statement that was there before is prepared already.
    count = 1 << (len(places) - 1).bit_length()
    values: dict[str, Any] = {}
    for number in range(count):
        portal, message = places[min(number, len(places) - 1)]
        values |= {f"p{number}": portal, f"m{number}": message}
    return [(row.portal, row.message) for row in sql.one(connection, _query(count), values)]


@cache
def _query(count: int) -> TextClause:
    def any_of(column: str) -> str:  # a list of pairs is written differently by each database
        each = (f"portal = :p{number} AND {column} = :m{number}" for number in range(count))
        return " OR ".join(each)

    return text(
        f"SELECT portal, message FROM link WHERE {any_of('message')} "  # noqa: S608 (names of ours)
        f"UNION SELECT portal, target FROM tombstone WHERE {any_of('target')}"
    )
