"""State that we set in rooms, as digests, so that what has not changed is not set again."""

from __future__ import annotations

from sqlalchemy import text

from bridgekit.ids import PortalID
from bridgekit.store import sql, tables
from bridgekit.store.reader import Reader

_ONE = text("SELECT digest FROM stated WHERE portal = :portal AND kind = :kind")
_ALL = text("SELECT kind FROM stated WHERE portal = :portal ORDER BY kind")
_SAVE = sql.upsert(tables.stated, "portal", "kind", "digest")
_FORGET = sql.delete(tables.stated, "portal", "kind")


class StatedRows:
    """What we last set, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def digest(self, portal: PortalID, kind: str) -> str | None:
        row = await self._reader.first(_ONE, {"portal": portal, "kind": kind})
        return None if row is None else str(row.digest)

    async def kinds(self, portal: PortalID) -> list[str]:
        """Of all that we have ever set for a portal."""
        return [str(row.kind) for row in await self._reader.all(_ALL, {"portal": portal})]


def save_stated(portal: PortalID, kind: str, digest: str) -> sql.Rows:
    """The room has this state now."""
    return sql.Rows((_SAVE, [{"portal": portal, "kind": kind, "digest": digest}]))


def forget_stated(portal: PortalID, kind: str) -> sql.Rows:
    """The room has another's state now."""
    return sql.Rows((_FORGET, [{"portal": portal, "kind": kind}]))
