"""Where an entrant runs: the fake ends, the port it listens on, and its rooms and channels."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.ends.said import AS_TOKEN, DOMAIN, HS_TOKEN, NETWORK


@dataclass(frozen=True, slots=True)
class Setting:
    """Room `!cN:example.org` belongs to channel `#cN`, for N below `channels`.

    `crowd` people are in each channel (0: one of its own). `ghosts`: so many accounts exist at
    least. `limits`: lines to IRC and sign-ins are throttled as the entrant does by default.
    `encrypted`: rooms may be. `homeserver` is a URL; the application service is pushed to at
    `listen_port`. `rooms`: those of a real homeserver, where nothing was in use before.
    """

    folder: Path
    homeserver: str
    irc_port: int
    listen_port: int
    channels: int
    crowd: int
    ghosts: int = 0
    limits: bool = False
    encrypted: bool = False
    rooms: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listen_port}"

    def written(self, **more: Any) -> str:
        """The file with it, as JSON."""
        path = self.folder / "setting.json"
        values = asdict(self) | {"folder": str(self.folder), **more}
        path.write_text(json.dumps(values), encoding="utf-8")
        return str(path)


def registration(url: str) -> dict[str, Any]:
    """What the homeserver knows of every entrant."""
    users = [{"regex": f"@{NETWORK}_.*:{DOMAIN}", "exclusive": True}]
    return {
        "id": "bench",
        "url": url,
        "as_token": AS_TOKEN,
        "hs_token": HS_TOKEN,
        "rate_limited": False,
        "sender_localpart": "bridgebot",
        "namespaces": {"users": users, "aliases": [], "rooms": []},
    }


@dataclass(frozen=True, slots=True)
class Start:
    """How to start it, and what the homeserver keeps for it: answers by their paths."""

    command: tuple[str, ...]
    kept: Mapping[str, Any] = field(default_factory=dict)


class Entrant(Protocol):
    """Something that carries messages."""

    @property
    def name(self) -> str: ...

    @property
    def recovers(self) -> bool:
        """Whether it goes on after a kill or an outage: else those are not tried on it."""

    async def prepare(self, setting: Setting) -> Start:
        """Leave it as if it had been in use in that setting, and stopped."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is told its setting in a file: ours, or a peer named on the command line."""

    name: str
    command: tuple[str, ...]
    journal: bool = False
    recovers: bool = False

    async def prepare(self, setting: Setting) -> Start:
        return Start((*self.command, setting.written(durable=self.journal)))


def module(name: str) -> tuple[str, ...]:
    """How to run one of our own."""
    return (sys.executable, "-m", name)
