"""Ghosts and logins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text

from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.models import Ghost, Millis
from bridgekit.store import sql, tables
from bridgekit.store.reader import PAGE, Reader

_GHOST = text('SELECT mxid, name FROM ghost WHERE network = :network AND "user" = :user')
_GHOST_BY_MXID = text('SELECT network, "user", mxid, name FROM ghost WHERE mxid = :mxid')
_SAVE_GHOST = sql.upsert(
    tables.ghost, "network", "user", "mxid", "name", "made_at", update=["mxid", "name"]
)
_LOGIN_COLUMNS = (
    "SELECT id, network, owner, credentials, me, used_at, kind, made_at, chosen_at, told FROM login"
)
_AUTOMATIC = text(
    f"{_LOGIN_COLUMNS} WHERE network = :network AND kind = 'automatic' AND used_at >= :since "
    "ORDER BY used_at DESC"
)
_KIND = text(
    f"{_LOGIN_COLUMNS} WHERE network = :network AND kind = :kind AND id > :after "
    "ORDER BY id LIMIT :limit"
)
_LEAVING = text(f"{_LOGIN_COLUMNS} WHERE kind = 'leaving' ORDER BY id")
_LOGIN = text(f"{_LOGIN_COLUMNS} WHERE id = :id")
_OF_PERSON = text(f"{_LOGIN_COLUMNS} WHERE owner = :owner ORDER BY network, made_at, id")
_OF_BRIDGE = text(
    f"{_LOGIN_COLUMNS} WHERE owner IS NULL AND kind != 'leaving' ORDER BY network, made_at, id"
)
_WHOSE = text(f"{_LOGIN_COLUMNS} WHERE network = :network AND me = :me ORDER BY id")
_USED_AS = "SELECT me, used_at FROM login WHERE network = :network AND kind = 'automatic' AND me IN"
_SAVE_LOGIN = sql.upsert(
    tables.login,
    *("id", "network", "owner", "credentials", "used_at", "kind", "made_at", "chosen_at", "told"),
    update=["owner", "credentials", "used_at", "kind"],
)
_LOGIN_ME = sql.update(tables.login, "me", keys=["id"])
_LOGIN_USED = sql.update(tables.login, "used_at", keys=["id"])
_LOGIN_CREDENTIALS = sql.update(tables.login, "credentials", keys=["id"])
_LOGIN_RENEWED = sql.update(tables.login, "credentials", "kind", "told", keys=["id"])
_LOGIN_TOLD = sql.update(tables.login, "told", keys=["id"])
_LOGIN_CHOSEN = sql.update(tables.login, "chosen_at", keys=["id"])
_LOGIN_LEAVING = sql.update(tables.login, "kind", "credentials", "cursor", keys=["id"])
_FORGET_LOGIN = sql.delete(tables.login, "id", "kind")
_FORGET_VALUE = sql.delete(tables.value, "network", "key")
_CURSOR = text("SELECT cursor FROM login WHERE id = :id")
_VALUE = text("SELECT value FROM value WHERE network = :network AND key = :key")
_VALUES = text("SELECT key, value FROM value WHERE network = :network ORDER BY key")
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

    async def automatic(self, network: NetworkName, since: Millis) -> list[LoginRow]:
        """The automatic logins used since then, latest first."""
        rows = await self._reader.all(_AUTOMATIC, {"network": network, "since": since})
        return [_login(row) for row in rows]

    async def logins(self, network: NetworkName, kind: LoginKind) -> AsyncIterator[LoginRow]:
        """All logins of a kind, by their IDs."""
        after = ""
        while True:
            values = {"network": network, "kind": kind.value, "after": after, "limit": PAGE}
            rows = await self._reader.all(_KIND, values)
            for row in rows:
                yield _login(row)
            if len(rows) < PAGE:
                return
            after = rows[-1].id

    async def leaving(self) -> list[LoginRow]:
        """Those that are being cleared away, also of networks that are configured no more."""
        return [_login(row) for row in await self._reader.scan(_LEAVING)]

    async def of_person(self, owner: UserID) -> list[LoginRow]:
        """Every login of a person, on whichever network, also what is being cleared away."""
        rows = await self._reader.all(_OF_PERSON, {"owner": owner})
        return [_login(row) for row in rows]

    async def of_bridge(self) -> list[LoginRow]:
        """Those that are nobody's: of the configuration, or signed in to for the bridge."""
        return [_login(row) for row in await self._reader.scan(_OF_BRIDGE)]

    async def who_is(self, network: NetworkName, me: RemoteUserID) -> list[LoginRow]:
        """The logins that are, or were last, this account."""
        rows = await self._reader.all(_WHOSE, {"network": network, "me": me})
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

    async def values(self, network: NetworkName) -> list[tuple[str, str]]:
        """All that is kept there."""
        rows = await self._reader.all(_VALUES, {"network": network})
        return [(row.key, row.value) for row in rows]


def save_ghost(ghost: Ghost) -> sql.Rows:
    values = {"network": ghost.network, "user": ghost.user, "mxid": ghost.mxid}
    name = None if ghost.name is None else sql.plain(ghost.name)
    return sql.Rows((_SAVE_GHOST, [values | {"name": name, "made_at": ghost.made_at}]))


def save_login(login: LoginRow) -> sql.Rows:
    """A login; of one that is there, whose it is, where it comes from and what it signs in with."""
    values = {"id": login.id, "network": login.network, "owner": login.owner}
    rest = {"credentials": login.sealed, "used_at": login.used_at, "kind": login.kind.value}
    more = {"made_at": login.made_at, "chosen_at": login.chosen_at, "told": login.told}
    return sql.Rows((_SAVE_LOGIN, [values | rest | more]))


def save_identity(login: LoginID, me: RemoteUserID) -> sql.Rows:
    return sql.Rows((_LOGIN_ME, [{"id": login, "me": me}]))


def save_used(login: LoginID, at: Millis) -> sql.Rows:
    return sql.Rows((_LOGIN_USED, [{"id": login, "used_at": at}]))


def save_credentials(login: LoginID, sealed: str) -> sql.Rows:
    return sql.Rows((_LOGIN_CREDENTIALS, [{"id": login, "credentials": sealed}]))


def save_signed_in(login: LoginID, sealed: str, told: str) -> sql.Rows:
    """Its person has signed in again, or to what was an automatic login of theirs."""
    row = {"id": login, "credentials": sealed, "kind": LoginKind.SIGNED_IN.value, "told": told}
    return sql.Rows((_LOGIN_RENEWED, [row]))


def save_told(login: LoginID, told: str) -> sql.Rows:
    return sql.Rows((_LOGIN_TOLD, [{"id": login, "told": told}]))


def save_chosen(login: LoginID, at: Millis) -> sql.Rows:
    return sql.Rows((_LOGIN_CHOSEN, [{"id": login, "chosen_at": at}]))


def save_leaving(login: LoginID) -> sql.Rows:
    """Signed out of: what it signed in with is gone, the rest is cleared away later."""
    row = {"id": login, "kind": LoginKind.LEAVING.value, "credentials": "", "cursor": None}
    return sql.Rows((_LOGIN_LEAVING, [row]))


def forget_login(login: LoginID) -> sql.Rows:
    """One that is cleared away; an automatic one may have been made anew meanwhile, and stays."""
    return sql.Rows((_FORGET_LOGIN, [{"id": login, "kind": LoginKind.LEAVING.value}]))


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
        sealed=row.credentials,
        me=RemoteUserID(row.me) if row.me else None,
        used_at=row.used_at,
        kind=LoginKind(row.kind),
        made_at=row.made_at,
        chosen_at=row.chosen_at,
        told=row.told,
    )
