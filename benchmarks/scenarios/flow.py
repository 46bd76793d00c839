"""Messages in both directions between the fake ends: how many, how soon, at which cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ends.arrivals import ARRIVED, ECHOED
from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures, percentile
from benchmarks.running import World, world
from benchmarks.scale import Scale

CROWD = 20
WARM = 100
HOT = 50  # a second
ALONE = 50  # a second: each is through before the next comes
SIZES = (1, 10, 100)
READY = 60.0


async def measure(entrant: Entrant, folder: Path, scale: Scale, parts: Sequence[str]) -> Figures:
    """One round of one entrant, in one life of its process."""
    async with world(entrant, folder, scale.channels, CROWD) as place:
        await ready(place, scale.channels)
        flow = _Flow(place, scale)
        await flow.to_matrix(WARM, scale.channels)  # everybody has joined everywhere
        for part, measured in PARTS.items():
            if part in parts:
                await measured(flow)
    return flow.figures


async def ready(place: World, channels: int, within: float = READY) -> None:
    """Start it, and wait until it is in all channels and listens, and a little for its upkeep."""
    await place.entrant.start()
    joined = await place.ends.ask("joined", channels=channels, within=within)
    if joined["joined"] < channels or not await place.ends.ask("reachable", within=within):
        raise RuntimeError(f"it is not at work after {within:g} s:\n{place.entrant.said()}")
    await place.ends.ask("quiet", for_s=0.3, within=2.0)


class _Flow:
    """Numbers are used once; every part adds its figures."""

    def __init__(self, place: World, scale: Scale) -> None:
        self._place, self._scale = place, scale
        self._number = 0
        self._connected = False
        self.figures: Figures = {}

    async def channels(self) -> None:
        cpu = self._place.entrant.cpu()
        outcome = await self.to_matrix(self._scale.flood, self._scale.channels)
        self._flood("to_matrix/50", outcome, self._place.entrant.cpu() - cpu)

    async def pushed_back(self) -> None:
        """What ghosts say comes back in transactions, as from a real homeserver."""
        channels, cpu = self._scale.channels, self._place.entrant.cpu()
        outcome = await self._ask("pushed_back", self._scale.flood, channels)
        self._flood("to_matrix/pushed back", outcome, self._place.entrant.cpu() - cpu)
        key, cpu = f"to_matrix/pushed back at {ALONE}", self._place.entrant.cpu()
        outcome = await self._ask("pushed_back", self._scale.paced[ALONE], channels, rate=ALONE)
        self._waits(key, outcome)
        self.figures |= processor(key, outcome, self._place.entrant.cpu() - cpu)

    async def hot(self) -> None:
        """Everybody in one channel, in both directions."""
        await self._to_network(WARM, 1, size=10)  # all join it, where they do that
        cpu = self._place.entrant.cpu()
        outcome = await self.to_matrix(self._scale.flood, 1)
        self._flood("to_matrix/hot", outcome, self._place.entrant.cpu() - cpu)
        outcome = await self.to_matrix(self._scale.paced[HOT], 1, rate=HOT)
        self._waits(f"to_matrix/hot at {HOT}", outcome)
        cpu = self._place.entrant.cpu()
        outcome = await self._to_network(self._scale.flood, 1, size=10)
        self._flood("to_network/hot", outcome, self._place.entrant.cpu() - cpu)

    async def latency(self) -> None:
        """Matrix to IRC in transactions of one."""
        for rate, count in self._scale.paced.items():
            outcome = await self.to_matrix(count, self._scale.channels, rate=rate)
            self._waits(f"to_matrix/at {rate}", outcome)
        await self._connect()
        for rate, count in self._scale.paced.items():
            outcome = await self._to_network(count, rate=rate)
            self._waits(f"to_network/at {rate}", outcome)

    async def sizes(self) -> None:
        await self._connect()
        for size in SIZES:
            cpu = self._place.entrant.cpu()
            outcome = await self._to_network(self._scale.flood, size=size)
            self._flood(f"to_network/{size}", outcome, self._place.entrant.cpu() - cpu)

    async def acks(self) -> None:
        """Transactions of a hundred, two a second."""
        await self._connect()
        outcome = await self._to_network(100 * self._scale.bursts, size=100, rate=200.0)
        self._waits("to_network/burst", outcome)
        self._percentiles("to_network/ack", outcome["acks"])

    async def to_matrix(self, count: int, places: int, **how: Any) -> Mapping[str, Any]:
        return await self._ask("to_matrix", count, places, **how)

    async def _to_network(
        self, count: int, places: int | None = None, **how: Any
    ) -> Mapping[str, Any]:
        return await self._ask("to_network", count, places or self._scale.channels, **how)

    async def _connect(self) -> None:
        """Everybody on Matrix is known to it, and connected to IRC where it does that."""
        if not self._connected:
            await self._to_network(WARM, size=10)
            self._connected = True

    async def _ask(self, order: str, count: int, places: int, **how: Any) -> Mapping[str, Any]:
        first, self._number = self._number, self._number + count
        amount = {"first": first, "count": count, "places": places, "people": CROWD, **how}
        outcome: Mapping[str, Any] = await self._place.ends.ask(order, **amount)
        return outcome

    def _flood(self, key: str, outcome: Mapping[str, Any], cpu: float) -> None:
        self.figures |= flooded(key, outcome, cpu)

    def _waits(self, key: str, outcome: Mapping[str, Any]) -> None:
        self._percentiles(key, outcome["waits"])
        self.figures |= faults(key, outcome)

    def _percentiles(self, key: str, seconds: Sequence[float]) -> None:
        ordered = sorted(seconds)
        if ordered:
            self.figures[f"{key}/p50_ms"] = percentile(ordered, 0.5) * 1000
            self.figures[f"{key}/p99_ms"] = percentile(ordered, 0.99) * 1000


def flooded(key: str, outcome: Mapping[str, Any], cpu: float) -> Figures:
    """What came of many messages, for which the entrant took so many processor seconds."""
    return {
        **processor(key, outcome, cpu),
        f"{key}/messages_per_s": outcome["arrived"] / max(outcome["seconds"], 1e-6),
        **faults(key, outcome),
    }


def processor(key: str, outcome: Mapping[str, Any], cpu: float) -> Figures:
    arrived = outcome["arrived"]
    return {f"{key}/cpu_s_per_10000": cpu / arrived * 10_000} if arrived else {}


def faults(key: str, outcome: Mapping[str, Any]) -> Figures:
    """A flood that stalls is not said to its end: what nobody said is not lost."""
    others = {f"{key}/{fault}": outcome[fault] for fault in (*ARRIVED, ECHOED)}
    return {f"{key}/lost": outcome["said"] - outcome["arrived"], **others}


PARTS = {
    "to_matrix": _Flow.channels,
    "pushed_back": _Flow.pushed_back,
    "latency": _Flow.latency,
    "to_network": _Flow.sizes,
    "ack": _Flow.acks,
    "hot": _Flow.hot,
}
"""In the order in which they are taken: the last leaves everybody in one channel."""
