"""Files: what memory one large file takes, in each direction, beyond what a small one took."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.child import child
from benchmarks.figures import Figures

SMALL = 1 << 20  # bytes; it has everything loaded and every pool filled


async def measure(folder: Path, size: int) -> Figures:
    """One file of `size` bytes each way, between a stub of a homeserver and the bridge's media."""
    folder.mkdir(parents=True)  # noqa: ASYNC240 (nothing else runs here meanwhile)
    return await _carried(folder, size, "to_matrix") | await _carried(folder, size, "to_network")


async def _carried(folder: Path, size: int, direction: str) -> Figures:
    async with (
        child("benchmarks.media_stub", folder / f"{direction}-stub.log") as stub,
        child("benchmarks.carrying", folder / f"{direction}-bridge.log") as bridge,
    ):
        where = await stub.ask("where")
        await bridge.ask(direction, url=where["url"], size=SMALL)
        before = await bridge.ask("usage")
        began = time.monotonic()
        carried = await bridge.ask(direction, url=where["url"], size=size)
        took = time.monotonic() - began
        after = await bridge.ask("usage")
    key = f"media/{direction}"
    return {
        f"{key}/lost": size - carried["arrived"],
        f"{key}/seconds": took,
        f"{key}/rss_growth_mib": after["peak_rss_mib"] - before["rss_mib"],
    }
