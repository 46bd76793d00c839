"""Who may do what in a chat, as far as that is more or less than everybody may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from bridgekit.facts import Rank
from bridgekit.ids import PortalID, RemoteUserID
from bridgekit.membership.ranks import EVERYBODY, Standing
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

_NEW = sql.upsert(tables.standing, "portal", "user", "rank", "applied", update=["rank"])
_ORDINARY = sql.update(tables.standing, "rank", keys=["portal", "user"])
# Whether a voice is worth a level depends on who may speak: all of them are looked at again.
_VOICES_ANEW = text(
    "UPDATE standing SET applied = '' WHERE portal = :portal AND rank = 'voice' AND NOT EXISTS "
    "(SELECT 1 FROM standing AS everybody WHERE everybody.portal = :portal "
    "AND everybody.\"user\" = '' AND everybody.rank = :rank)"
)
_DRIFT = text(
    'SELECT "user", rank, level, under, setting FROM standing '
    "WHERE portal = :portal AND rank != applied "
    "AND \"user\" != '' ORDER BY CASE rank WHEN 'member' THEN 0 WHEN 'muted' THEN 1 "
    "WHEN 'owner' THEN 2 WHEN 'admin' THEN 3 WHEN 'moderator' THEN 4 ELSE 5 END, \"user\" "
    "LIMIT :limit"
)
_EVERYBODY = text(
    "SELECT rank, applied, level, under, setting FROM standing "
    "WHERE portal = :portal AND \"user\" = ''"
)
_DRIFTED = text(
    "SELECT DISTINCT portal FROM standing WHERE rank != applied AND portal > :after "
    "ORDER BY portal LIMIT :limit"
)
_COUNT = text("SELECT COUNT(*) AS many FROM standing WHERE rank != applied")
_ABOVE = text(
    'SELECT "user", rank FROM standing WHERE portal = :portal AND "user" != \'\' '
    "AND rank != 'member'"
)
_DONE = sql.upsert(tables.standing, "portal", "user", "rank", "applied", update=["rank", "applied"])
_APPLIED = sql.update(
    tables.standing, "applied", "level", "under", "setting", keys=["portal", "user"]
)
_SETTING = sql.update(tables.standing, "setting", "under", keys=["portal", "user"])
# The levels that we set stay known: who upgrades a room copies them into the new one.
_ANEW = text("UPDATE standing SET applied = '' WHERE portal = :portal")
_GRANTED = text(
    'SELECT "user", rank, level, under, setting FROM standing WHERE portal = :portal '
    "AND level IS NOT NULL AND (level != 0 OR \"user\" = '')"
)


@dataclass(frozen=True, slots=True)
class Held:
    """A standing as it is kept: `level` is the one that we last set, `applied` that it is done.

    `under` is what a person had granted before we set ours (None: nothing). `setting` is a level
    that we may have set: whoever set it died before that was known.
    """

    user: RemoteUserID
    rank: Rank
    level: int | None
    applied: bool = False
    under: int | None = None
    setting: int | None = None


class Standings:
    """Ranks, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def changed(self, portal: PortalID, limit: int) -> list[Held]:
        """Whose rank is not in the room yet: who lost theirs first, then the highest."""
        rows = await self._reader.all(_DRIFT, {"portal": portal, "limit": limit})
        return [_held(row) for row in rows]

    async def granted(self, portal: PortalID) -> list[Held]:
        """What is set in the room for the network's sake, EVERYBODY's included."""
        rows = await self._reader.all(_GRANTED, {"portal": portal})
        return [_held(row, applied=True) for row in rows]

    async def everybody(self, portal: PortalID) -> Held | None:
        """The least rank that may speak; None if nobody ever said."""
        row = await self._reader.first(_EVERYBODY, {"portal": portal})
        if row is None:
            return None
        done = row.rank == row.applied
        return Held(EVERYBODY, Rank(row.rank), row.level, done, row.under, row.setting)

    async def drifted(self, after: PortalID, limit: int) -> list[PortalID]:
        """Portals with a rank that is not in the room yet, in order, from behind `after` on."""
        rows = await self._reader.all(_DRIFTED, {"after": after, "limit": limit})
        return [PortalID(row.portal) for row in rows]

    async def drift(self) -> int:
        """How many ranks, in all rooms, are not there yet."""
        row = await self._reader.first(_COUNT, {})
        return 0 if row is None else int(row.many)

    async def above(self, portal: PortalID) -> dict[RemoteUserID, Rank]:
        """Everybody who is more, or less, than a plain member."""
        rows = await self._reader.all(_ABOVE, {"portal": portal})
        return {RemoteUserID(row.user): Rank(row.rank) for row in rows}


def apply_standings(connection: Connection, standings: Sequence[Standing]) -> None:
    """What the network says of ranks; of one member the last word counts."""
    last = {(one.portal, one.user): one for one in standings}
    ordered = [last[key] for key in sorted(last)]
    everybody = [_voices(one) for one in ordered if one.user == EVERYBODY]
    sql.run(connection, _VOICES_ANEW, everybody)
    special = [_row(one) for one in ordered if one.user == EVERYBODY or one.rank is not Rank.MEMBER]
    sql.run(connection, _NEW, [row | {"applied": ""} for row in special])
    # Who never was anything else needs no row.
    ordinary = [_row(one) for one in ordered if one.user != EVERYBODY and one.rank is Rank.MEMBER]
    sql.run(connection, _ORDINARY, ordinary)


def save_done(standings: Sequence[Standing]) -> sql.Rows:
    """People on Matrix changed these, and the network has it now: neither side is to be told."""
    everybody = [_voices(one) for one in standings if one.user == EVERYBODY]
    done = [_row(one) | {"applied": one.rank.value} for one in standings]
    return sql.Rows((_VOICES_ANEW, everybody), (_DONE, done))


def save_setting(portal: PortalID, held: Sequence[Held]) -> sql.Rows:
    """Their levels are about to be set: after a crash, what stands there may be ours."""
    rows = [
        {"portal": portal, "user": one.user, "setting": one.level, "under": one.under}
        for one in sorted(held, key=lambda one: one.user)
        if one.level is not None
    ]
    return sql.Rows((_SETTING, rows))


def save_applied(portal: PortalID, held: Sequence[Held]) -> sql.Rows:
    """These ranks are in the room now; who has another by now is looked at again."""
    rows = [
        {"portal": portal, "user": one.user, "applied": one.rank.value, "level": one.level}
        | {"under": one.under, "setting": None}
        for one in sorted(held, key=lambda one: one.user)
    ]
    return sql.Rows((_APPLIED, rows))


def save_unapplied(portal: PortalID) -> sql.Rows:
    """The portal has another room now: who has which rank there is looked at."""
    return sql.Rows((_ANEW, [{"portal": portal}]))


def _voices(everybody: Standing) -> dict[str, object]:
    return {"portal": everybody.portal, "rank": everybody.rank.value}


def _row(one: Standing) -> dict[str, object]:
    return {"portal": one.portal, "user": one.user, "rank": one.rank.value}


def _held(row: Row[Any], *, applied: bool = False) -> Held:
    user, rank = RemoteUserID(row.user), Rank(row.rank)
    return Held(user, rank, row.level, applied, row.under, row.setting)
