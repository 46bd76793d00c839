"""A whole bridge between the fake homeserver and the loopback network, to be started and killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr

from bridgekit.bridge import Bridge
from bridgekit.clock import Clock, SystemClock
from bridgekit.configuration import registration
from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.settings import (
    AppserviceSettings,
    ChatLink,
    HomeserverSettings,
    PostgreSQL,
    SQLiteFile,
)
from bridgekit.ids import NetworkName, RoomID
from bridgekit.models import Flow
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.loopback import LoopbackConfig, LoopbackNetwork, loopback
from bridgekit.testing.servers import free_port
from bridgekit.testing.started_once import started_once

DOMAIN = "example.org"
NETWORK = NetworkName("loop")
_PATIENCE = 60.0  # real seconds; only a bridge that is broken takes so long


class Rig:
    """`async with Rig(folder) as rig:` has a homeserver and a network; `start` adds the bridge."""

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        *,
        database: str | None = None,
        networks: Sequence[NetworkName] = (NETWORK,),
        others: Sequence[Network] = (),
        public: bool = False,
        homeserver_clock: Clock | None = None,
        settings: Mapping[str, Any] | None = None,
        **loopback_config: Any,
    ) -> None:
        """`database` is the URL of a PostgreSQL or SQLite database; None: a file in `folder`.

        `networks` are loopback networks, all configured alike; `network` is the first, or one
        that nobody is connected to. `others` have adapters of their own. `public`: there is a
        public URL, which is where the bridge listens. `settings` are sections like `media`.
        """
        self.folder = folder
        self.database = database or _fresh(folder / "bridge.db")
        self.clock = clock or SystemClock()
        self.networks = {name: LoopbackNetwork(clock=self.clock) for name in networks}
        self.network = next(iter(self.networks.values()), LoopbackNetwork())
        self.links: tuple[ChatLink, ...] = (ChatLink(chat="#room"),)
        self.other_links: dict[NetworkName, tuple[ChatLink, ...]] = {}
        self.settings = dict(settings or {})
        """Further sections of the configuration: `rig.settings["media"] = MediaSettings(…)`."""
        self.appservice: dict[str, Any] = {}
        """Further settings of the application service: `rig.appservice["encryption_key"] = …`."""
        self.network_settings: dict[str, Any] = {}
        """Further fields of every network's `config.Network`."""
        self.permissions: dict[str, Rule | Level] = {"*": Level.RELAY, DOMAIN: Level.USER}
        self._loopback = LoopbackConfig(**loopback_config)
        self.others = {network.name: network for network in others}
        self._public = public
        self._homeserver_clock = homeserver_clock
        self._port = free_port()
        self._stack, self._stop = AsyncExitStack(), asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.hs = await self._stack.enter_async_context(
            FakeHomeserver(DOMAIN, self._homeserver_clock, port=free_port())
        )
        self.hs.load_registration(registration.build(self.config).fields())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        await self._stack.aclose()

    @property
    def config(self) -> Config:
        url = f"http://127.0.0.1:{self._port}"
        return Config(
            path=self.folder / "config.yaml",
            homeserver=HomeserverSettings(
                url=self.hs.url if hasattr(self, "hs") else "http://127.0.0.1:1", domain=DOMAIN
            ),
            appservice=AppserviceSettings(
                **{
                    "url": url,
                    "public_url": url if self._public else None,
                    "listen": f"127.0.0.1:{self._port}",  # read as from a file
                    "as_token": SecretStr("as-token-of-the-rig-0123456789"),
                    "hs_token": SecretStr("hs-token-of-the-rig-0123456789"),
                    **self.appservice,
                }
            ),
            database=_database(self.database),
            permissions=self.permissions,
            networks={name: self._configured(name) for name in self.networks} | self.others,
            **self.settings,
        )

    def _configured(self, name: NetworkName) -> Network:
        network = self.networks[name]
        links = self.links if network is self.network else self.other_links.get(name, ())
        return Network(name, loopback(network), self._loopback, links, **self.network_settings)

    def begin(self) -> asyncio.Task[None]:
        """Have a bridge start, which takes as long as it has to."""
        self._stop = asyncio.Event()
        rng = random.Random(7)  # noqa: S311 (the same back-off in every run)
        self.bridge = Bridge(self.config, self.clock, rng)
        self.task = asyncio.create_task(self.bridge.run(self._stop), name="bridge")
        return self.task

    async def start(self) -> Bridge:
        """A bridge at work: connected to both sides."""
        task = self.begin()
        ready = asyncio.create_task(self.bridge.ready.wait())
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if task.done():
            await task
        return self.bridge

    async def tied(self, room: str) -> None:
        """Return once a room that a link names has its chat: what was said before stays in it."""
        assert self.bridge.parts is not None  # noqa: S101 (it is started)
        async with asyncio.timeout(_PATIENCE):
            while not await self.bridge.parts.portals.in_room(RoomID(room)):
                await settle()

    async def stop(self) -> None:
        """As SIGTERM does."""
        self._stop.set()
        if self.task is not None:
            await self.task
            self.task = None

    async def kill(self) -> None:
        """As SIGKILL, as near as a process can come to killing a part of itself."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None

    def link(
        self,
        chat: str,
        room: str | None = None,
        flow: Flow = Flow.BOTH,
        network: NetworkName | None = None,
    ) -> None:
        """Configure another link, of the first network unless it says which; before `start`."""
        link = ChatLink(chat=chat, room=room, direction=flow)
        if network is None or self.networks[network] is self.network:
            self.links = (*self.links, link)
        else:
            self.other_links[network] = (*self.other_links.get(network, ()), link)


def _fresh(file: Path) -> str:
    """A database of its own, whose tables are made."""
    started_once(file)
    return f"sqlite:///{file}"


def _database(url: str) -> SQLiteFile | PostgreSQL:
    if url.startswith("sqlite:///"):
        return SQLiteFile(Path(url.removeprefix("sqlite:///")))
    return PostgreSQL(SecretStr(url))
