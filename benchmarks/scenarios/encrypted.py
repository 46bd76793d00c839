"""The same in encrypted rooms: everybody on Matrix has one device, which everybody's keys go to."""

from __future__ import annotations

from pathlib import Path

from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures
from benchmarks.running import world
from benchmarks.scale import Scale
from benchmarks.scenarios.flow import CROWD, WARM, flooded, ready

ROOMS = 10
WITHIN = 60.0


async def measure(entrant: Entrant, folder: Path, scale: Scale) -> Figures:
    """One round: as many each way as in plain rooms."""
    rooms, number = min(ROOMS, scale.channels), 0
    figures: Figures = {}
    async with world(entrant, folder, rooms, CROWD, encrypted=True) as place:
        await place.ends.ask("encrypted", people=CROWD, rooms=rooms)
        await ready(place, rooms)
        if not await place.ends.ask("keys_given", within=WITHIN):
            raise RuntimeError(f"it takes no keys:\n{place.entrant.said()}")
        for direction, size in (("to_matrix", 1), ("to_network", 10)):
            for measured, count in ((False, WARM), (True, scale.flood)):
                cpu = place.entrant.cpu()
                amount = {"first": number, "count": count, "places": rooms, "people": CROWD}
                outcome = await place.ends.ask(direction, **amount, size=size)
                number += count
                if measured:
                    spent = place.entrant.cpu() - cpu
                    figures |= flooded(f"encrypted/{direction}", outcome, spent)
    return figures
