"""Starting on a database that was in use: how long until the first message, at what memory."""

from __future__ import annotations

from pathlib import Path

from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures
from benchmarks.running import world
from benchmarks.scale import Scale

FIRST_OF_ALL = 1 << 30
"""Numbers of lines that no other part of a benchmark uses."""


async def measure(
    entrant: Entrant, folder: Path, scale: Scale, portals: int, ghosts: int = 0
) -> Figures:
    """One start with so many portals. What is not reached within the time is not in the figures."""
    key = f"start/{portals}"
    async with world(entrant, folder, portals, 0, ghosts=ghosts) as place:
        await place.entrant.start()
        began = place.entrant.began
        within = scale.start_within
        first = await place.ends.ask("first", number=FIRST_OF_ALL, places=portals, within=within)
        within = scale.join_within if first["at"] is not None else 0.0
        joined = await place.ends.ask("joined", channels=portals, within=within)
        await place.ends.ask("quiet", for_s=0.5, within=5.0)
        then = await place.ends.ask("joined", channels=portals, within=0.0)
        figures = {
            f"{key}/cpu_s": place.entrant.cpu(),
            f"{key}/rss_mib": place.entrant.rss_mib(),
            f"{key}/joined": then["joined"],
        }
    if first["at"] is not None:
        figures[f"{key}/first_message_s"] = first["at"] - began
    if joined["joined"] >= portals:
        figures[f"{key}/all_joined_s"] = joined["at"] - began
    return figures
