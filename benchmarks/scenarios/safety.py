"""What is lost, doubled or out of order when the entrant is killed, or the homeserver is away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures
from benchmarks.running import World, world
from benchmarks.scale import Scale
from benchmarks.scenarios.flow import CROWD, faults, ready

RATE = 200.0
ROOMS = 10
LINES = 20.0
GRACE = 1.0  # seconds; what is sent again after a kill or an outage comes late


async def kills(entrant: Entrant, folder: Path, scale: Scale, seed: int) -> Figures:
    """Killed at random moments, started again at once, while both sides talk."""
    rooms = min(ROOMS, scale.channels)
    moments = random.Random(seed)  # noqa: S311 (the same moments for every entrant)
    due = sorted(moments.uniform(0.05, 0.9) * scale.killing for _ in range(scale.kills))
    async with world(entrant, folder, scale.channels, CROWD) as place:
        await ready(place, scale.channels)
        await place.ends.ask("to_network", first=0, count=100, places=rooms, size=10)
        amount = {"first": 100, "count": round(RATE * scale.killing), "places": rooms}
        talking = place.ends.ask("both", **amount, rate=RATE, patience=scale.patience, grace=GRACE)
        outcome, _ = await asyncio.gather(talking, _kill(place, due))
    return _faults("kills/to_network", outcome["to_network"]) | _faults(
        "kills/to_matrix", outcome["to_matrix"]
    )


def in_doubt(scale: Scale) -> int:
    """How many may be undecided: the one that each room had under way, at each kill."""
    return min(ROOMS, scale.channels) * scale.kills


async def _kill(place: World, due: list[float]) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for moment in due:
        await asyncio.sleep(max(0.0, began + moment - loop.time()))
        await place.entrant.kill()
        await place.entrant.start()


async def away(entrant: Entrant, folder: Path, scale: Scale) -> Figures:
    """IRC goes on while the homeserver is not there."""
    async with world(entrant, folder, scale.channels, CROWD) as place:
        await ready(place, scale.channels)
        places = min(ROOMS, scale.channels)
        amount = {"count": round(LINES * scale.away), "places": places, "rate": LINES}
        await place.ends.ask("to_matrix", first=0, count=40, places=places)
        await place.ends.ask("away", after=0.0, seconds=scale.away)
        how = {"patience": scale.away + scale.patience, "grace": GRACE}
        outcome = await place.ends.ask("to_matrix", first=40, **amount, **how)
    return _faults("away/to_matrix", outcome)


def _faults(key: str, outcome: Mapping[str, Any]) -> Figures:
    """Lines that were said while nobody of the bridge was on IRC are nobody's loss.

    Undecided is what did not arrive, and its sender was told that it may not have.
    """
    unheard, told = outcome.get("unheard", 0), outcome.get("told", 0)
    found = faults(key, outcome)
    return found | {
        f"{key}/lost": found[f"{key}/lost"] - unheard - told,
        f"{key}/undecided": told,
        f"{key}/said": outcome["said"],
        f"{key}/unheard": unheard,
    }
