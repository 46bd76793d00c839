"""The columns that hold sealed texts, and the change that seals one anew.

Whoever adds such a column adds it here: then it is sealed at the next start, and by a change of
keys.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import text

from bridgekit.store import sql
from bridgekit.store.reader import PAGE, Reader


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`place` with the value of `key` behind it is what a text in `column` is bound to."""

    table: str
    key: str
    column: str
    place: str


@dataclass(frozen=True, slots=True)
class SealedText:
    """One that is to be sealed anew."""

    where: SealedColumn
    key: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.where.place}{self.key}"


SEALED = (
    SealedColumn("login", "id", "credentials", "login:"),
    SealedColumn("puppet", "mxid", "token", "puppet:"),
    SealedColumn("own_device", "device", "keys", "own device:"),
    SealedColumn("olm_session", "session", "keys", "olm session:"),
    SealedColumn("room_key", "room", "keys", "room key:"),
    SealedColumn("reading_key", "session", "keys", "reading key:"),
)
OF_ENCRYPTION = frozenset({"own_device", "olm_session", "room_key", "reading_key"})
"""Tables whose texts are keys of encrypted rooms; the others are what people sign in with."""

# Of the rows behind `after` those whose text does not begin so; "" and "{}" hold nothing. Several
# may have the same key: no two texts are the same.
_OTHERS = {
    one: text(
        f'SELECT "{one.key}" AS key, "{one.column}" AS sealed FROM "{one.table}" '  # noqa: S608 (names of ours)
        f'WHERE ("{one.key}", "{one.column}") > (:after, :last) '
        f"AND \"{one.column}\" NOT IN ('', '{{}}') "
        f'AND substr("{one.column}", 1, :length) != :prefix '
        f'ORDER BY "{one.key}", "{one.column}" LIMIT :limit'
    )
    for one in SEALED
}
# What was changed meanwhile is newer, and sealed with the present key already.
_REPLACE = {
    one: text(
        f'UPDATE "{one.table}" SET "{one.column}" = :new '  # noqa: S608 (names of ours)
        f'WHERE "{one.key}" = :key AND "{one.column}" = :old'
    )
    for one in SEALED
}


async def not_sealed_with(reader: Reader, prefix: str) -> AsyncIterator[SealedText]:
    """What is stored as anything else than a sealed text that begins so."""
    for one in SEALED:
        after, last = "", ""
        while True:
            values = {"length": len(prefix), "prefix": prefix, "limit": PAGE}
            values |= {"after": after, "last": last}
            rows = await reader.scan(_OTHERS[one], values)
            for row in rows:
                yield SealedText(one, row.key, row.sealed)
            if len(rows) < PAGE:
                break
            after, last = rows[-1].key, rows[-1].sealed


def reseal(old: SealedText, new: str) -> sql.Rows:
    """The change that puts `new` in its place, unless something else is there by now."""
    return sql.Rows((_REPLACE[old.where], [{"key": old.key, "old": old.text, "new": new}]))
