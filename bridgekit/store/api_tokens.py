"""The tokens that programs come with, by their digests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text

from bridgekit.audited import APIToken
from bridgekit.ids import UserID
from bridgekit.models import Millis
from bridgekit.store import command_tables, sql
from bridgekit.store.reader import Reader

_COLUMNS = ("digest", "owner", "name", "scopes", "made_at", "expires", "used_at", "made_by")
_ADD = sql.insert(command_tables.api_token, *_COLUMNS)
_NAMES = ", ".join(_COLUMNS)
_ONE = text(f"SELECT {_NAMES} FROM api_token WHERE digest = :digest")  # noqa: S608 (names of ours)
_OF = text(
    f"SELECT {_NAMES} FROM api_token WHERE owner = :owner ORDER BY made_at, name"  # noqa: S608 (names of ours)
)
_USED = sql.update(command_tables.api_token, "used_at", keys=["digest"])
_FORGET = sql.delete(command_tables.api_token, "owner", "name")


class APITokens:
    """Read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, digest: str) -> APIToken | None:
        row = await self._reader.first(_ONE, {"digest": digest})
        return row and _token(row)

    async def of(self, owner: UserID) -> Sequence[APIToken]:
        return [_token(row) for row in await self._reader.all(_OF, {"owner": owner})]


def save_token(token: APIToken) -> sql.Rows:
    row = {
        "digest": token.digest,
        "owner": token.owner,
        "name": sql.plain(token.name),
        "scopes": " ".join(sorted(token.scopes)),
        "made_at": token.made_at,
        "expires": token.expires,
        "used_at": token.used_at,
        "made_by": token.made_by,
    }
    return sql.Rows((_ADD, [row]))


def save_token_used(digest: str, at: Millis) -> sql.Rows:
    return sql.Rows((_USED, [{"digest": digest, "used_at": at}]))


def forget_tokens(owner: UserID, names: Iterable[str]) -> sql.Rows:
    return sql.Rows((_FORGET, [{"owner": owner, "name": sql.plain(name)} for name in names]))


def _token(row: Row[Any]) -> APIToken:
    return APIToken(
        digest=row.digest,
        owner=UserID(row.owner),
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        made_at=row.made_at,
        expires=row.expires,
        used_at=row.used_at,
        made_by=row.made_by,
    )
