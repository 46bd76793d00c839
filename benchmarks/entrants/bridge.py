"""The bridge with its IRC adapter, on a database as one leaves it that has been in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from benchmarks.ends.said import AS_TOKEN, DOMAIN, HS_TOKEN, NETWORK, channel
from benchmarks.entrants.databases import Databases
from benchmarks.entrants.setting import Setting, Start, module

UNLIMITED = {"burst": 1_000_000, "rate": 1_000_000}
CLI = "bridgekit.cli"


@dataclass(frozen=True, slots=True)
class BridgeKit:
    """`program` is the module that is run."""

    name: str
    databases: Databases
    program: str = CLI
    recovers: bool = True

    async def prepare(self, setting: Setting) -> Start:
        in_use = not setting.rooms
        database = await self.databases.copy(setting) if in_use else "sqlite:///bridge.db"
        config = setting.folder / "config.yaml"
        with config.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(_config(setting, database), file)
        options = ("run", "-c", str(config), "--log-format", "logfmt")
        return Start((*module(self.program), *options))


def _config(setting: Setting, database: str) -> dict[str, Any]:
    irc = {"host": "127.0.0.1", "port": setting.irc_port, "tls": False, "nick": "bridge"}
    links = [{"chat": channel(n), "room": where} for n, where in enumerate(setting.rooms)]
    more: dict[str, Any] = {} if setting.limits else {"flood": UNLIMITED, "people": {"apart": 0}}
    return {
        "encryption": {"mode": "allow" if setting.encrypted else "off"},
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
