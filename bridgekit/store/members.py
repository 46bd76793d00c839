"""Who should be in a room and who is: one row for each who is, was, or should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from bridgekit.events import MemberState
from bridgekit.ids import NetworkName, PortalID, RemoteUserID
from bridgekit.models import Millis, Want
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

_COLUMNS = ("portal", "user", "wanted", "actual", "reason", "actor")
_WANT = sql.upsert(tables.member, *_COLUMNS, update=["wanted", "reason", "actor"])
_WANT_NO_MORE = sql.update(tables.member, "wanted", "reason", "actor", keys=["portal", "user"])
_ONE = text(
    "SELECT wanted, actual, reason, actor, banned FROM member "
    'WHERE portal = :portal AND "user" = :user'
)
_DRIFT = (
    'SELECT "user", wanted, reason, actor FROM member '
    "WHERE portal = :portal AND wanted != actual AND wanted {is_} 'join' AND \"user\" > :after "
    'ORDER BY "user" LIMIT :limit'
)
_COMING = text(_DRIFT.format(is_="="))
_GOING = text(_DRIFT.format(is_="!="))
_DRIFTED = text(
    "SELECT DISTINCT portal FROM member WHERE wanted != actual AND portal > :after "
    "ORDER BY portal LIMIT :limit"
)
_COUNT = text("SELECT COUNT(*) AS many FROM member WHERE wanted != actual")
_WANTED_IN = text("SELECT \"user\" FROM member WHERE portal = :portal AND wanted = 'join'")
_HOW_MANY = text(
    "SELECT COUNT(*) AS many FROM "
    "(SELECT 1 FROM member WHERE portal = :portal AND wanted = 'join' LIMIT :limit) AS wanted_there"
)
_STATE = ("portal", "user", "wanted", "actual", "reason", "banned")
_ACTUAL = sql.upsert(tables.member, *_STATE, update=["actual", "banned"])
_SETTLED = sql.upsert(tables.member, *_STATE, update=["wanted", "actual", "banned"])
_FORGET = sql.delete(tables.member, "portal", "user")
_NOWHERE = text("UPDATE member SET actual = '', banned = 0 WHERE portal = :portal")
_MADE_SINCE = text(
    "SELECT COUNT(*) AS many, MIN(made_at) AS first FROM ghost "
    "WHERE network = :network AND made_at > :since"
)


class MemberRows:
    """Membership, read. Nothing here returns more rows than `limit`, but for `wanted_in`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def actual(self, portal: PortalID, user: RemoteUserID) -> MemberState | None:
        """What the homeserver last confirmed; None if it never said anything."""
        row = await self._one(portal, user)
        return MemberState(row.actual) if row is not None and row.actual else None

    async def want(self, portal: PortalID, user: RemoteUserID) -> Want | None:
        """Where somebody should be; None if nobody ever said."""
        row = await self._one(portal, user)
        return None if row is None else _want(portal, user, row)

    async def banned_by_us(self, portal: PortalID, user: RemoteUserID) -> bool:
        """Whether it was us who banned their ghost, as the network has it."""
        row = await self._one(portal, user)
        return row is not None and bool(row.banned)

    async def _one(self, portal: PortalID, user: RemoteUserID) -> Row[Any] | None:
        return await self._reader.first(_ONE, {"portal": portal, "user": user})

    async def coming(self, portal: PortalID, after: RemoteUserID, limit: int) -> list[Want]:
        """Who should be there and is not, in order, from behind `after` on."""
        return await self._drift(_COMING, portal, after, limit)

    async def going(self, portal: PortalID, after: RemoteUserID, limit: int) -> list[Want]:
        """Who should not be there, or not be banned, and is; in order, from behind `after` on."""
        return await self._drift(_GOING, portal, after, limit)

    async def _drift(
        self, statement: Any, portal: PortalID, after: RemoteUserID, limit: int
    ) -> list[Want]:
        values = {"portal": portal, "after": after, "limit": limit}
        rows = await self._reader.all(statement, values)
        return [_want(portal, RemoteUserID(row.user), row) for row in rows]

    async def drifted(self, after: PortalID, limit: int) -> list[PortalID]:
        """Portals with somebody who is not where they should be, in order, from behind `after`."""
        rows = await self._reader.all(_DRIFTED, {"after": after, "limit": limit})
        return [PortalID(row.portal) for row in rows]

    async def drift(self) -> int:
        """How many, in all rooms, are not where they should be."""
        row = await self._reader.first(_COUNT, {})
        return 0 if row is None else int(row.many)

    async def wanted_in(self, portal: PortalID) -> set[RemoteUserID]:
        """Who should be in the room."""
        rows = await self._reader.all(_WANTED_IN, {"portal": portal})
        return {RemoteUserID(row.user) for row in rows}

    async def at_least(self, portal: PortalID, many: int) -> bool:
        """Whether at least so many should be in the room."""
        row = await self._reader.first(_HOW_MANY, {"portal": portal, "limit": max(many, 1)})
        return many <= 0 or (row is not None and int(row.many) >= many)

    async def made_since(self, network: NetworkName, since: Millis) -> tuple[int, Millis]:
        """How many ghosts were made since then, and when the first of them was."""
        row = await self._reader.first(_MADE_SINCE, {"network": network, "since": since})
        return (0, 0) if row is None else (int(row.many), int(row.first or 0))


def apply_wants(connection: Connection, wants: Sequence[Want]) -> None:
    """What the network says of membership; of one member the last word counts."""
    last = {(want.portal, want.user): want for want in wants}
    # In key order: rows that lanes share are always locked in the same order.
    rows = [_row(last[key]) for key in sorted(last)]
    # Who never came need not go: no row, and no ghost, for them. A ban holds for who never came.
    made = [row for row in rows if row["wanted"] != MemberState.LEAVE.value]
    sql.run(connection, _WANT, [row | {"actual": ""} for row in made])
    left = [row for row in rows if row["wanted"] == MemberState.LEAVE.value]
    sql.run(connection, _WANT_NO_MORE, left)


def save_actual(
    portal: PortalID, users: Mapping[RemoteUserID, MemberState], *, banned: bool = False
) -> sql.Rows:
    """What the homeserver confirmed; somebody we did not expect is wanted where they are."""
    return sql.Rows((_ACTUAL, _state_rows(portal, users, banned=banned)))


def save_settled(portal: PortalID, users: Mapping[RemoteUserID, MemberState]) -> sql.Rows:
    """Where they are is where they shall be: somebody moved them, or the wish is refused."""
    return sql.Rows((_SETTLED, _state_rows(portal, users)))


def save_unwanted(portal: PortalID, user: RemoteUserID) -> sql.Rows:
    """They are not there, and nobody says where they should be: as if they had never been."""
    return sql.Rows((_FORGET, [{"portal": portal, "user": user}]))


def save_nowhere(portal: PortalID) -> sql.Rows:
    """The portal has another room now, and nobody is in it yet."""
    return sql.Rows((_NOWHERE, [{"portal": portal}]))


def _state_rows(
    portal: PortalID,
    users: Mapping[RemoteUserID, MemberState],
    *,
    banned: bool = False,
) -> Sequence[dict[str, object]]:
    return [
        {
            "portal": portal,
            "user": user,
            "wanted": state.value,
            "actual": state.value,
            "reason": "",
            "banned": int(banned),
        }
        for user, state in sorted(users.items())
    ]


def _row(want: Want) -> dict[str, object]:
    return {
        "portal": want.portal,
        "user": want.user,
        "wanted": want.state.value,
        "reason": sql.plain(want.reason),
        "actor": want.actor,
    }


def _want(portal: PortalID, user: RemoteUserID, row: Row[Any]) -> Want:
    actor = None if row.actor is None else RemoteUserID(row.actor)
    return Want(portal, user, MemberState(row.wanted), row.reason, actor)
