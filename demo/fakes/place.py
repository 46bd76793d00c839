"""Synapse, a played network and the bridge between them: the first and the last as processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from bridgekit.cli.rehearsal.fakes import Subject
from bridgekit.configuration import registration
from bridgekit.configuration.config import load
from bridgekit.configuration.plugins import adapters
from bridgekit.room.bridge_info import KINDS
from bridgekit.testing.contract import FakeNetwork
from bridgekit.testing.homeserver import Person
from bridgekit.testing.servers import Process, Synapse, free_port, people, synapse
from bridgekit.testing.servers.process import HOST
from demo.world import DOMAIN, bridge_process

_BOT = "bridgebot"


@dataclass(frozen=True, slots=True)
class Place:
    """`room` is the one that the network's chat is linked to. `starter`: see `demo.world.World`."""

    subject: Subject
    network: FakeNetwork
    homeserver: Synapse
    alice: Person
    room: str
    bridge: Process
    starter: ThreadPoolExecutor

    def log(self) -> str:
        """What the bridge printed so far."""
        return self.bridge.log.read_text(encoding="utf-8", errors="replace")

    async def start_bridge(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self.starter, self.bridge.start)


@asynccontextmanager
async def place(folder: Path, subject: Subject) -> AsyncIterator[Place]:
    """Everything at work, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    async with subject.network() as network:
        with ThreadPoolExecutor(1) as starter, ExitStack() as stack:
            homeserver_port, port = free_port(), free_port()
            config = folder / "config.yaml"
            settings = _settings(subject, network, homeserver_port, port)
            server = synapse(
                folder / "synapse",
                [_registered(config, settings)],
                domain=DOMAIN,
                port=homeserver_port,
            )
            homeserver = await loop.run_in_executor(starter, stack.enter_context, server)
            async with people(homeserver) as crowd:
                alice = await crowd.person("alice")
                bot = f"@{_BOT}:{DOMAIN}"
                room = await alice.create_room(name=network.chat, invite=[bot])
                await alice.set_power(room, bot, 100)
                settings["networks"][subject.name]["links"] = [{"chat": network.chat, "room": room}]
                config.write_text(json.dumps(settings), encoding="utf-8")
                bridge = bridge_process(config, port)
                stack.callback(bridge.stop)
                made = Place(subject, network, homeserver, alice, room, bridge, starter)
                await made.start_bridge()
                async with asyncio.timeout(60):  # what is said before the link, it does not have
                    await alice.wait_for(room, lambda event: event["type"] == KINDS[0])
                yield made


def _settings(
    subject: Subject, network: FakeNetwork, homeserver_port: int, port: int
) -> dict[str, Any]:
    """The configuration; JSON is YAML as well."""
    return {
        "homeserver": {"url": f"http://{HOST}:{homeserver_port}", "domain": DOMAIN},
        "appservice": {
            "url": f"http://{HOST}:{port}",
            "listen": f"{HOST}:{port}",
            "public_url": f"http://{HOST}:{port}",
            "bot": _BOT,
            "as_token": "demo-as-token-nobody-else-has",
            "hs_token": "demo-hs-token-nobody-else-has",
        },
        "database": "sqlite:///bridge.db",
        "permissions": {"*": "relay", DOMAIN: "user"},
        "networks": {subject.name: _revealed(network.settings)},
    }


def _registered(config: Path, settings: dict[str, Any]) -> Path:
    config.write_text(json.dumps(settings), encoding="utf-8")
    registered = config.with_name("registration.yaml")
    built = registration.build(load(config, {}, adapters()))
    registered.write_text(built.to_yaml(), encoding="utf-8")
    return registered


def _revealed(value: Any) -> Any:  # noqa: PLR0911 - a return per kind
    """Settings as they stand in a file: what was not set is left out, what is secret is not."""
    match value:
        case BaseModel():
            given = {key: getattr(value, key) for key in value.model_fields_set}
            return {key: _revealed(one) for key, one in given.items() if one is not None}
        case SecretStr():
            return value.get_secret_value()
        case Enum():
            return value.value
        case Path():
            return str(value)
        case dict():
            return {str(key): _revealed(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_revealed(one) for one in value]
        case _:
            return value
