"""The bridge under test: the whole of it, with the loopback network driven from inside.

Its log goes where that of `bridgekit run` goes and is written as that one is: it is part of what
a message costs.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import traffic
from benchmarks.child import serve
from benchmarks.configuration import HS_TOKEN, NETWORK, configuration
from benchmarks.traffic import Arrivals, Line, chat_name
from bridgekit.adapter import Sent
from bridgekit.bridge import Bridge
from bridgekit.cli.logs import LogFormat, set_up
from bridgekit.clock import SystemClock
from bridgekit.events import Content, MatrixEvent, RemoteEvent
from bridgekit.ids import ChatID, LoginID, MessageID, PortalKey
from bridgekit.richtext import plain
from bridgekit.testing.loopback import LoopbackClient, LoopbackNetwork


@dataclass(slots=True)
class CountingNetwork(LoopbackNetwork):
    """Takes messages in constant time; they have IDs, and a repeated txn is not recognised."""

    arrivals: Arrivals = field(default_factory=Arrivals)

    def happen(self, event: RemoteEvent[Content], login: LoginID | None = None) -> None:
        """Nothing is written down: what is measured is the bridge."""

    async def take(self, client: LoopbackClient, event: MatrixEvent[Any]) -> Sent:
        del client
        number = traffic.number_in(plain(event.content.text))
        self.arrivals.add(number, event.chat.id)
        return Sent((MessageID(f"taken{number}"),))


class Bridged:
    """The same orders as `bare` takes."""

    def __init__(self) -> None:
        self.network = CountingNetwork()

    async def start(self, url: str, folder: str, chats: int, linked: int) -> dict[str, object]:
        """A bridge that is at work, `linked` of its `chats` by its configuration."""
        config = configuration(self.network, url, Path(folder), linked)
        self._stop = asyncio.Event()
        self.bridge = Bridge(config, SystemClock())
        self._task = asyncio.create_task(self.bridge.run(self._stop))
        ready = asyncio.create_task(self.bridge.ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            await self._task
        await self.network.wait(lambda: bool(self.network.clients))
        rooms = [await self._room(chat_name(number)) for number in range(chats)]
        return {"url": config.appservice.url, "token": HS_TOKEN, "rooms": rooms}

    async def flood(self, first: int, count: int, chats: int, people: int, window: int) -> object:
        return await traffic.flood(self._say, traffic.lines(first, count, chats, people), window)

    async def paced(self, first: int, count: int, chats: int, people: int, rate: float) -> object:
        return await traffic.paced(self._say, traffic.lines(first, count, chats, people), rate)

    async def reset(self) -> None:
        self.network.arrivals.reset()

    async def stop(self) -> None:
        self._stop.set()
        await self._task

    async def _say(self, line: Line) -> None:
        await self.network.say(line.chat, line.person, line.text, id=f"m{line.number}")

    async def _room(self, chat: str) -> str:
        parts = self.bridge.parts
        assert parts is not None  # noqa: S101 (it is ready)
        while True:
            portal = await parts.portals.ensure(PortalKey(NETWORK, ChatID(chat), None))
            if portal.room is not None:
                return portal.room
            await asyncio.sleep(0.01)


async def main() -> None:
    set_up(LogFormat.LOGFMT, sys.stderr)
    bridged = Bridged()
    await serve(
        {
            "start": bridged.start,
            "flood": bridged.flood,
            "paced": bridged.paced,
            "reset": bridged.reset,
            "arrived": bridged.network.arrivals.wait,
            "stop": bridged.stop,
        }
    )


if __name__ == "__main__":
    asyncio.run(main())
