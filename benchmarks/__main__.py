"""`python -m benchmarks`: progress to standard error, one JSON document to standard output."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.scenarios import media, start, to_matrix, to_network
from benchmarks.subjects import subjects


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    chats: int
    to_matrix: to_matrix.Amounts
    to_network: to_network.Amounts
    portals: tuple[int, ...]
    jobs: int
    file: int  # bytes


FULL = Size(
    50,
    to_matrix.Amounts(3000, 100),
    to_network.Amounts(2000, 2.0),
    (1, 1000, 10_000),
    10_000,
    500 << 20,
)
QUICK = Size(10, to_matrix.Amounts(60, 5), to_network.Amounts(60, 0.2), (1, 20), 50, 5 << 20)


def main() -> None:
    options = _options()
    began = time.monotonic()
    size = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory(prefix="bridgekit-bench-") as folder:
        results = asyncio.run(_run(Path(folder), size))
    document = {
        "machine": _machine(),
        "quick": options.quick,
        "seconds": round(time.monotonic() - began, 1),
        **results,
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a few messages each: shows that it works, no more"
    )
    return parser.parse_args()


async def _run(folder: Path, size: Size) -> dict[str, Any]:
    carried = folder / "carried"
    carried.mkdir()
    matrix, network, started = {}, {}, {}
    async with subjects(carried, size.chats) as found:
        for chats in (size.chats, 1):
            name = f"{chats} chats" if chats > 1 else "1 hot chat"
            asked = to_matrix.measure(found, chats, size.to_matrix)
            matrix[name] = await _shown(f"network to Matrix, {name}", asked)
        for batch in to_network.RATES:
            name = f"transactions of {batch}"
            asked = to_network.measure(found, batch, size.to_network)
            network[name] = await _shown(f"Matrix to network, {name}", asked)
    for portals in size.portals:
        name = f"{portals} portals"
        asked = start.with_portals(folder / f"portals-{portals}", portals)
        started[name] = await _shown(f"start, {name}", asked)
    name = f"{size.jobs} open jobs"
    started[name] = await _shown(f"start, {name}", start.with_jobs(folder / "jobs", size.jobs))
    files = {
        direction: await _shown(
            f"a large file, {direction}", media.measure(folder, size.file, direction)
        )
        for direction in ("to_matrix", "to_network")
    }
    return {"to_matrix": matrix, "to_network": network, "start": started, "media": files}


async def _shown(name: str, measuring: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """What is measured, said as it is known."""
    began = time.monotonic()
    measured = await measuring
    sys.stderr.write(f"{name} ({time.monotonic() - began:.0f} s)\n")
    for subject, figures in measured.items():
        if subject != "ratio":
            shown = "  ".join(f"{figure} {value:g}" for figure, value in figures.items())
            sys.stderr.write(f"  {subject:10} {shown}\n")
    sys.stderr.flush()
    return measured


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load_before": os.getloadavg()[0],
    }


if __name__ == "__main__":
    main()
