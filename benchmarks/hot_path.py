"""`python -m benchmarks --profile`: where each microsecond of a message goes, both ways."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.entrants.bridge import BridgeKit
from benchmarks.entrants.databases import Files
from benchmarks.entrants.known import BRIDGE
from benchmarks.running import World, world
from benchmarks.scale import Scale
from benchmarks.scenarios.flow import CROWD, WARM, ready

SAMPLER = "benchmarks.programs.with_sampler"


@dataclass(frozen=True, slots=True)
class Phase:
    """`rate`: a second, each by itself (0: as fast as it goes). `hot`: all in one channel."""

    direction: str
    size: int = 1
    rate: int = 0
    hot: bool = False

    def count(self, scale: Scale) -> int:
        """Some times what a round of the measurement has: samples are few."""
        return 20 * scale.paced[self.rate] if self.rate else 5 * scale.flood


PHASES = {
    "IRC→Matrix": Phase("to_matrix"),
    "IRC→Matrix, 50/s": Phase("to_matrix", rate=50),
    "Matrix→IRC, by 1": Phase("to_network"),
    "Matrix→IRC, 50/s": Phase("to_network", rate=50),
    "Matrix→IRC, by 100": Phase("to_network", size=100),
    "Matrix→IRC, hot, by 10": Phase("to_network", size=10, hot=True),
    "IRC→Matrix, hot": Phase("to_matrix", hot=True),
}
"""In this order: from the first hot one on everybody is in one channel."""
LOOK, WITHIN = 0.01, 30.0
OF_OURS = 2  # parts of a name: bridgekit.lanes, and else asyncio
LEAST = 0.05  # µs; what is less is nothing
LINES = 25
MAIN, DATABASE = "MainThread", "the database's threads"
COLUMNS = ("packages", "modules", "functions", "database")
WIDTH = 180  # where the output is no terminal


async def show(scale: Scale, folder: Path, out: Path) -> int:
    found: dict[str, dict[str, Any]] = {}
    bridge = BridgeKit(BRIDGE, Files(folder), SAMPLER)
    async with world(bridge, folder / "sampled", scale.channels, CROWD) as place:
        await ready(place, scale.channels)
        number, pages = 0, 0
        for name, phase in PHASES.items():
            places = 1 if phase.hot else scale.channels
            for count, rate in ((WARM, 0), (phase.count(scale), phase.rate)):
                amount = {"first": number, "count": count, "places": places, "rate": rate}
                how = {"people": CROWD, "size": phase.size}
                outcome = await place.ends.ask(phase.direction, **amount, **how)
                number += count
                page = await _page(place, pages)
                pages += 1
            if outcome["arrived"] < count:
                raise RuntimeError(f"{name}: {outcome['arrived']} of {count} arrived")
            found[name] = summary(page, count)
            _print(name, found[name])
    (out / "profile.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"Written to {out}: profile.json\n")
    return 0


async def _page(place: World, number: int) -> Mapping[str, Any]:
    """What was gathered since the last of them."""
    path = place.setting.folder / f"sampled-{number}.json"
    place.entrant.tell(signal.SIGUSR1)
    async with asyncio.timeout(WITHIN):
        while not path.exists():  # noqa: ASYNC110 (another process writes it)
            await asyncio.sleep(LOOK)
    page: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return page


def summary(page: Mapping[str, Any], messages: int) -> dict[str, Any]:
    """Microseconds a message, most first: by thread, package, module of ours and function.

    What a module of ours has others do (a library, the standard library) is its own in `modules`,
    and theirs in `packages` and `functions`. `database` is what its threads are at, `often` how
    many rows or queries that is. `seen` is how much of its time a thread was watched.
    """
    packages, modules, functions = (Counter[str]() for _ in range(3))
    for function, ours, ns in page["gathered"]:
        functions[function] += ns
        packages[_package(function)] += ns
        modules[ours.partition(":")[0] or "(the loop)"] += ns
    found = {
        "threads": Counter(page["threads"]),
        "packages": packages,
        "modules": modules,
        "functions": functions,
        "database": Counter({kind: ns for kind, _, ns in page["statements"]}),
        "seen": Counter({MAIN: packages.total(), DATABASE: _total(page["statements"])}),
    }
    told: dict[str, Any] = {"messages": messages} | {
        name: {what: us for what, ns in by.most_common() if (us := _us(ns, messages)) >= LEAST}
        for name, by in found.items()
    }
    often = {kind: round(count / messages, 2) for kind, count, _ in page["statements"]}
    return told | {"often": {kind: often[kind] for kind in told["database"]}}


def _total(statements: Sequence[tuple[str, int, int]]) -> int:
    return sum(ns for _, _, ns in statements)


def _us(ns: int, messages: int) -> float:
    return round(ns / messages / 1000, 2)


def _package(function: str) -> str:
    parts = function.partition(":")[0].split(".")
    return ".".join(parts[: OF_OURS if parts[0] in ("bridgekit", "bridges") else 1])


def _print(name: str, found: Mapping[str, Any]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    threads = ", ".join(f"{thread} {us:.0f}" for thread, us in found["threads"].items())
    whole = sum(found["threads"].values())
    seen = ", ".join(f"{us:.0f} of {thread}" for thread, us in found["seen"].items())
    console.print(
        f"{name}: {whole:.0f} µs of processor time a message ({threads}); seen of it: {seen}.",
        highlight=False,
    )
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for heading in COLUMNS:
        table.add_column("µs", justify="right")
        table.add_column(heading, overflow="fold")
    often = {kind: f"{kind} x{times:g}" for kind, times in found["often"].items()}
    shown = dict(found) | {"database": {often[kind]: us for kind, us in found["database"].items()}}
    columns = [list(shown[by].items())[:LINES] for by in COLUMNS]
    for line in range(max(map(len, columns))):
        cells: list[str] = []
        for column in columns:
            what, us = column[line] if line < len(column) else ("", None)
            cells += ["" if us is None else f"{us:.1f}", what]
        table.add_row(*cells)
    console.print(table)
