"""What is compared: the bridge, and the two floors that it stands on, each in its process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.child import Child, child

BARE, SYNCED, BRIDGE = "bare", "bare+sync", "bridge"
STUB = "benchmarks.stub"


@dataclass(slots=True)
class Subject:
    """Something that carries messages. `number` is the next message's: no number comes twice."""

    name: str
    process: Child
    stub: Child
    url: str
    token: str
    rooms: Sequence[str]
    number: int = 0

    def numbers(self, count: int) -> int:
        """Take `count` numbers; the first of them."""
        self.number += count
        return self.number - count

    async def cpu(self) -> float:
        """CPU seconds used until now."""
        used: float = (await self.process.ask("usage"))["cpu_s"]
        return used


@asynccontextmanager
async def homeserver(folder: Path) -> AsyncIterator[tuple[Child, str]]:
    """The stub and its URL."""
    async with child(STUB, folder / "stub.log") as stub:
        yield stub, (await stub.ask("listen"))["url"]


@asynccontextmanager
async def subjects(folder: Path, chats: int) -> AsyncIterator[list[Subject]]:
    """The bridge with so many linked chats, and the floors, each with a homeserver of its own."""
    async with AsyncExitStack() as stack:
        found = []
        for name in (BARE, SYNCED, BRIDGE):
            place = folder / name
            place.mkdir()
            stub, url = await stack.enter_async_context(homeserver(place))
            module, options = _kind(name, chats)
            process = await stack.enter_async_context(child(module, place / "process.log"))
            options |= {"url": url, "folder": str(place), "chats": chats}
            started = await process.ask("start", **options)
            found.append(Subject(name, process, stub, **started))
        yield found


def _kind(name: str, chats: int) -> tuple[str, dict[str, Any]]:
    if name == BRIDGE:
        return "benchmarks.bridged", {"linked": chats}
    return "benchmarks.bare", {"durable": name == SYNCED}
