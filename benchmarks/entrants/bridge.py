"""The bridge with its IRC adapter, on a database as one leaves it that has been in use."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.child import child
from benchmarks.ends.said import AS_TOKEN, DOMAIN, HS_TOKEN, NETWORK, channel
from benchmarks.entrants.setting import Setting, Start, module
from bridgekit.testing.servers import Postgres

UNLIMITED = {"burst": 1_000_000, "rate": 1_000_000}
CLI = "bridgekit.cli"


@dataclass(frozen=True, slots=True)
class BridgeKit:
    """`templates` keeps what was seeded once; `postgres`: on that server, else on SQLite."""

    name: str
    templates: Path
    program: str = CLI
    postgres: Postgres | None = None
    durable: bool = True

    async def prepare(self, setting: Setting) -> Start:
        database = await self._database(setting)
        config = setting.folder / "config.yaml"
        with config.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(_config(setting, database), file)
        options = ("run", "-c", str(config), "--log-format", "logfmt")
        return Start((*module(self.program), *options))

    async def _database(self, setting: Setting) -> str:
        """The URL of a database of its own with the setting's portals and ghosts."""
        if setting.rooms:
            return "sqlite:///bridge.db"
        seeded = f"{setting.channels}_{setting.crowd}_{setting.ghosts}"
        if self.postgres is not None:
            name = await asyncio.to_thread(self.postgres.make)
            url = self.postgres.url(name)
            await _seed(url, setting)
            return url
        template = self.templates / f"{seeded}.db"
        if not template.exists():
            await _seed(f"sqlite:///{template}", setting)
        await asyncio.to_thread(shutil.copy, template, setting.folder / "bridge.db")
        return "sqlite:///bridge.db"


async def _seed(url: str, setting: Setting) -> None:
    async with child("benchmarks.seeding", setting.folder / "seeding.log") as seeding:
        values = {"portals": setting.channels, "crowd": setting.crowd, "ghosts": setting.ghosts}
        await seeding.ask("seed", url=url, **values)


def _config(setting: Setting, database: str) -> dict[str, Any]:
    irc = {"host": "127.0.0.1", "port": setting.irc_port, "tls": False, "nick": "bridge"}
    links = [{"chat": channel(n), "room": where} for n, where in enumerate(setting.rooms)]
    more: dict[str, Any] = {} if setting.limits else {"flood": UNLIMITED}
    return {
        "homeserver": {"url": setting.homeserver, "domain": DOMAIN},
        "appservice": {
            "url": setting.url,
            "listen": f"127.0.0.1:{setting.listen_port}",
            "as_token": AS_TOKEN,
            "hs_token": HS_TOKEN,
        },
        "database": database,
        "permissions": {"*": "relay", DOMAIN: "user"},
        "networks": {NETWORK: irc | {"links": links} | more},
    }
