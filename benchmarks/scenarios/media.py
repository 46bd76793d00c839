"""Files: what memory one large file takes, in each direction, beyond what a small one took."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.child import child
from benchmarks.subjects import BRIDGE

SMALL = 1 << 20  # bytes; it has everything loaded and every pool filled


async def measure(folder: Path, size: int, direction: str) -> dict[str, Any]:
    """One file of `size` bytes, `to_matrix` or `to_network`."""
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
    return {
        BRIDGE: {
            "mib": size / (1 << 20),
            "lost": size - carried["arrived"],
            "seconds": round(took, 2),
            "rss_growth_mib": round(after["peak_rss_mib"] - before["rss_mib"], 1),
        }
    }
