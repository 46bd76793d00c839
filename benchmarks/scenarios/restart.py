"""`kill -9` while many people are connected: how long until all are signed in again."""

from __future__ import annotations

from pathlib import Path

from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures
from benchmarks.running import world
from benchmarks.scale import Scale
from benchmarks.scenarios.flow import READY, ready


async def measure(entrant: Entrant, folder: Path, scale: Scale, *, limits: bool) -> Figures:
    """`limits`: with the entrant's own throttle. Who only relays has nobody to bring back."""
    people = scale.connected
    async with world(entrant, folder, 1, 0, limits=limits) as place:
        await ready(place, 1)
        amount = {"first": 0, "count": people, "places": 1, "people": people}
        await place.ends.ask("to_network", **amount, size=10, rate=100.0)
        everybody = {"least": people + 1, "most": people + 1, "within": READY}
        if (await place.ends.ask("connected", **everybody))["number"] <= 1:
            return {}
        await place.entrant.kill()
        await place.ends.ask("connected", least=0, most=0, within=READY)
        await place.entrant.start()
        back = await place.ends.ask("connected", **everybody)
        if not back["met"]:
            said = place.entrant.said()
            raise RuntimeError(f"{back['number'] - 1} of {people} people are back:\n{said}")
        name = "with limits" if limits else "without limits"
        return {
            f"restart/{name}/seconds": back["at"] - place.entrant.began,
            f"restart/{name}/cpu_s": place.entrant.cpu(),
        }
