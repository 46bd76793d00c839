"""Databases that were in use: each kind is seeded once in a run, and everybody gets a copy."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Protocol

from benchmarks.child import child
from benchmarks.entrants.setting import Setting
from bridgekit.testing.servers import Postgres


class Databases(Protocol):
    """Where an entrant's databases come from."""

    async def copy(self, setting: Setting) -> str:
        """The URL of a new one that has the setting's portals and ghosts."""


class Files:
    """SQLite; what was seeded is kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seeding = asyncio.Lock()

    async def copy(self, setting: Setting) -> str:
        template = self.folder / f"{_kind(setting)}.db"
        async with self._seeding:
            if not template.exists():
                await _seed(f"sqlite:///{template}", setting)
        await asyncio.to_thread(shutil.copy, template, setting.folder / "bridge.db")
        return "sqlite:///bridge.db"


class OnServer:
    """PostgreSQL."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._seeded: dict[str, str] = {}

    async def copy(self, setting: Setting) -> str:
        kind = _kind(setting)
        if kind not in self._seeded:
            template = await asyncio.to_thread(self._server.make)
            await _seed(self._server.url(template), setting)
            self._seeded[kind] = template
        return self._server.url(await asyncio.to_thread(self._server.make, self._seeded[kind]))


def _kind(setting: Setting) -> str:
    return f"{setting.channels}-{setting.crowd}-{setting.ghosts}"


async def _seed(url: str, setting: Setting) -> None:
    async with child("benchmarks.seeding", setting.folder / "seeding.log") as seeding:
        values = {"portals": setting.channels, "crowd": setting.crowd, "ghosts": setting.ghosts}
        await seeding.ask("seed", url=url, **values)
