"""Whose this database is: the homeservers and networks that what it holds belongs to."""

from __future__ import annotations

from sqlalchemy import text

from bridgekit.store.reader import Reader

_ELSEWHERE = text("SELECT mxid FROM ghost WHERE mxid NOT LIKE :own ESCAPE '!' LIMIT 20")
_NETWORKS = text("SELECT DISTINCT network FROM portal ORDER BY network LIMIT 100")


class Origins:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def domains(self, own: str) -> list[str]:
        """The homeservers, but for `own`, that have ghosts here."""
        like = f"%:{own}".replace("_", "!_")
        rows = await self._reader.all(_ELSEWHERE, {"own": like})
        return sorted({str(row.mxid).partition(":")[2] for row in rows})

    async def networks(self) -> list[str]:
        """The networks whose chats are here."""
        return [row.network for row in await self._reader.all(_NETWORKS, {})]
