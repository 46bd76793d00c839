"""The tokens by which people lend the bridge their own accounts, as they are kept: sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import text

from bridgekit.ids import UserID
from bridgekit.models import Millis
from bridgekit.store import people_tables, sql
from bridgekit.store.reader import PAGE, Reader

_ALL = text(
    "SELECT mxid, token, at, lost FROM puppet WHERE mxid > :after ORDER BY mxid LIMIT :limit"
)
_FIND = text("SELECT token, at, lost FROM puppet WHERE mxid = :mxid")
_SAVE = sql.upsert(people_tables.puppet, "mxid", "token", "at", "lost")
_LOSE = text("UPDATE puppet SET lost = 1, token = '' WHERE mxid = :mxid AND at = :at")
_FORGET = sql.delete(people_tables.puppet, "mxid")


@dataclass(frozen=True, slots=True)
class PuppetRow:
    """`lost`: the homeserver takes the token no longer; then it is not kept, either."""

    user: UserID
    token: str
    at: Millis
    lost: bool = False


class PuppetRows:
    """The tokens, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, user: UserID) -> PuppetRow | None:
        row = await self._reader.first(_FIND, {"mxid": user})
        return row and PuppetRow(user, row.token, row.at, bool(row.lost))

    async def all(self) -> AsyncIterator[PuppetRow]:
        """Everybody's who ever gave one and has not taken it back."""
        after = ""
        while True:
            rows = await self._reader.all(_ALL, {"after": after, "limit": PAGE})
            for row in rows:
                yield PuppetRow(UserID(row.mxid), row.token, row.at, bool(row.lost))
            if len(rows) < PAGE:
                return
            after = rows[-1].mxid


def save_puppet(row: PuppetRow) -> sql.Rows:
    values = {"mxid": row.user, "token": row.token, "at": row.at, "lost": int(row.lost)}
    return sql.Rows((_SAVE, [values]))


def lose_puppet(row: PuppetRow) -> sql.Rows:
    """The token is worth nothing; one that was given since is another one."""
    return sql.Rows((_LOSE, [{"mxid": row.user, "at": row.at}]))


def forget_puppet(user: UserID) -> sql.Rows:
    return sql.Rows((_FORGET, [{"mxid": user}]))
