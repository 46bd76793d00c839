"""The configuration of the bridge under test."""

from __future__ import annotations

import socket
from pathlib import Path

from benchmarks.traffic import DOMAIN, chat_name
from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.settings import (
    AppserviceSettings,
    ChatLink,
    HomeserverSettings,
    SQLiteFile,
)
from bridgekit.ids import NetworkName
from bridgekit.login.permissions import Level
from bridgekit.testing.loopback import LoopbackConfig, LoopbackNetwork, loopback

NETWORK = NetworkName("loop")
HS_TOKEN = "hs-token-of-the-benchmark"  # noqa: S105 (of a bridge that lives for seconds)
DATABASE = "bridge.db"


def configuration(network: LoopbackNetwork, url: str, folder: Path, linked: int) -> Config:
    """A bridge of one network between `network` and the homeserver at `url`."""
    port = _free_port()
    links = tuple(ChatLink(chat=chat_name(number)) for number in range(linked))
    return Config(
        path=folder / "config.yaml",
        homeserver=HomeserverSettings(url=url, domain=DOMAIN),
        appservice=AppserviceSettings.model_validate(
            {
                "url": f"http://127.0.0.1:{port}",
                "listen": f"127.0.0.1:{port}",
                "as_token": "as-token-of-the-benchmark",
                "hs_token": HS_TOKEN,
            }
        ),
        database=SQLiteFile(folder / DATABASE),
        permissions={"*": Level.RELAY, DOMAIN: Level.USER},
        networks={NETWORK: Network(NETWORK, loopback(network), LoopbackConfig(), links)},
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
