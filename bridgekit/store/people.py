"""Ghosts and logins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text

from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.models import Ghost, LoginRow, Millis
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

_GHOST = text('SELECT mxid, name FROM ghost WHERE network = :network AND "user" = :user')
_GHOST_BY_MXID = text('SELECT network, "user", mxid, name FROM ghost WHERE mxid = :mxid')
_SAVE_GHOST = sql.upsert(
    tables.ghost, "network", "user", "mxid", "name", "made_at", update=["mxid", "name"]
)
_LOGIN_COLUMNS = "id, network, owner, credentials, me, used_at"
_LOGINS = text(
    f"SELECT {_LOGIN_COLUMNS} FROM login "  # noqa: S608 (names of ours)
    "WHERE network = :network AND used_at >= :since ORDER BY used_at DESC"
)
_LOGIN = text(f"SELECT {_LOGIN_COLUMNS} FROM login WHERE id = :id")  # noqa: S608 (names of ours)
_USED_AS = "SELECT me, used_at FROM login WHERE network = :network AND owner IS NOT NULL AND me IN"
_SAVE_LOGIN = sql.upsert(
    tables.login,
    "id",
    "network",
    "owner",
    "credentials",
    "used_at",
    update=["owner", "credentials", "used_at"],
)
_LOGIN_ME = sql.update(tables.login, "me", keys=["id"])
_LOGIN_USED = sql.update(tables.login, "used_at", keys=["id"])
_LOGIN_CREDENTIALS = sql.update(tables.login, "credentials", keys=["id"])
_FORGET_VALUE = sql.delete(tables.value, "network", "key")
_CURSOR = text("SELECT cursor FROM login WHERE id = :id")
_VALUE = text("SELECT value FROM value WHERE network = :network AND key = :key")
_SAVE_VALUE = sql.upsert(tables.value, "network", "key", "value")


class People:
    """Everybody that the bridge knows, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def ghost(self, network: NetworkName, user: RemoteUserID) -> Ghost | None:
        row = await self._reader.first(_GHOST, {"network": network, "user": user})
        return row and Ghost(network, user, UserID(row.mxid), row.name)

    async def ghost_of(self, mxid: UserID) -> Ghost | None:
        row = await self._reader.first(_GHOST_BY_MXID, {"mxid": mxid})
        if row is None:
            return None
        return Ghost(NetworkName(row.network), RemoteUserID(row.user), mxid, row.name)

    async def logins(self, network: NetworkName, since: Millis) -> list[LoginRow]:
        """The logins used since then, latest first."""
        rows = await self._reader.all(_LOGINS, {"network": network, "since": since})
        return [_login(row) for row in rows]

    async def login(self, login: LoginID) -> LoginRow | None:
        row = await self._reader.first(_LOGIN, {"id": login})
        return row and _login(row)

    async def used_as(
        self, network: NetworkName, users: Iterable[RemoteUserID]
    ) -> Sequence[tuple[RemoteUserID, Millis]]:
        """Which of these are, or were last, people's logins; and when each was last used."""
        found: list[tuple[RemoteUserID, Millis]] = []
        for query, values in sql.among(_USED_AS, users):
            rows = await self._reader.all(query, {"network": network, **values})
            found += [(RemoteUserID(row.me), row.used_at) for row in rows]
        return found

    async def cursor(self, login: LoginID) -> str | None:
        row = await self._reader.first(_CURSOR, {"id": login})
        return row and row.cursor

    async def value(self, network: NetworkName, key: str) -> str | None:
        row = await self._reader.first(_VALUE, {"network": network, "key": key})
        return row and row.value


def save_ghost(ghost: Ghost) -> sql.Rows:
    values = {"network": ghost.network, "user": ghost.user, "mxid": ghost.mxid}
    name = None if ghost.name is None else sql.plain(ghost.name)
    return sql.Rows((_SAVE_GHOST, [values | {"name": name, "made_at": ghost.made_at}]))


def save_login(login: LoginRow) -> sql.Rows:
    values = {"id": login.id, "network": login.network, "owner": login.owner}
    rest = {"credentials": json.dumps(dict(login.credentials)), "used_at": login.used_at}
    return sql.Rows((_SAVE_LOGIN, [values | rest]))


def save_identity(login: LoginID, me: RemoteUserID) -> sql.Rows:
    return sql.Rows((_LOGIN_ME, [{"id": login, "me": me}]))


def save_used(login: LoginID, at: Millis) -> sql.Rows:
    return sql.Rows((_LOGIN_USED, [{"id": login, "used_at": at}]))


def save_credentials(login: LoginID, credentials: Mapping[str, str]) -> sql.Rows:
    row = {"id": login, "credentials": json.dumps(dict(credentials))}
    return sql.Rows((_LOGIN_CREDENTIALS, [row]))


def save_value(network: NetworkName, key: str, value: str | None) -> sql.Rows:
    """Keep a value; None forgets it."""
    if value is None:
        return sql.Rows((_FORGET_VALUE, [{"network": network, "key": key}]))
    return sql.Rows((_SAVE_VALUE, [{"network": network, "key": key, "value": value}]))


def _login(row: Row[Any]) -> LoginRow:
    return LoginRow(
        id=LoginID(row.id),
        network=NetworkName(row.network),
        owner=UserID(row.owner) if row.owner else None,
        credentials=json.loads(row.credentials),
        me=RemoteUserID(row.me) if row.me else None,
        used_at=row.used_at,
    )
