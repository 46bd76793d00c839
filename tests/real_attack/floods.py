"""A network that says very much while the homeserver is down: memory, order, and its neighbours."""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage

FLOODED, NEIGHBOUR = "wire", "other"
AT_ONCE = 5000  # messages between two looks at the memory
IDS = 2048  # bytes of memory that a waiting job may cost, its body not counted
BODIES = 2  # MiB: what the configuration below lets bodies take
FEW = 20


async def flood(folder: Path, size: int, seed: int) -> Report:
    """`size` messages while it is down; then they come, oldest first, and delay nobody else."""
    report, rng = Report(f"a flood of {size}, homeserver down"), random.Random(seed)
    more = f"waiting: {{memory: {BODIES} MB, warn: 1000}}\n"
    async with stage(folder, chats=10, networks=(FLOODED, NEIGHBOUR), more=more) as place:
        flow = Flow(place, rng)
        chats = [key for key in place.rooms if key[0] == FLOODED]
        async with judged(report, flow):
            before = _mebibytes(place)
            await place.hs.stop()
            said = time.monotonic()
            most = max([await _say(place, flow, chats, at, size) for at in range(0, size, AT_ONCE)])
            said = time.monotonic() - said
            report.require(
                most - before < BODIES * 3 + size * IDS / (1 << 20) + 30,
                f"memory grew from {before:.0f} to {most:.0f} MiB",
            )
            await place.hs.start()
            waited = await _neighbour(place, flow, report, size)
        after = _mebibytes(place)
        report.note = (
            f"stored {size / said:.0f}/s; memory {before:.0f} MiB, with all waiting {most:.0f}, "
            f"afterwards {after:.0f}; another network's were there after {waited:.1f} s; "
            f"the log says so: {_visible(place)}"
        )
    return report


async def _say(place: Stage, flow: Flow, chats: list[tuple[str, str]], at: int, size: int) -> float:
    """Some of the flood, until it is acknowledged; the memory in MiB then."""
    for number in range(at, min(at + AT_ONCE, size)):
        flow.bob_says(chats[number % len(chats)])
    await place.wire.wait(lambda: not place.wire.unacknowledged)
    return _mebibytes(place)


async def _neighbour(place: Stage, flow: Flow, report: Report, size: int) -> float:
    """How long messages of another network take while the flood runs off."""
    flooded = [room for (name, _), room in place.rooms.items() if name == FLOODED]
    key = (NEIGHBOUR, "#c0")

    def run_off() -> int:
        return sum(len(place.shown[room]) for room in flooded)

    await place.until(lambda: run_off() > 100)
    began = time.monotonic()
    flow.bob_says(key, FEW)
    await flow.alice_says(key, FEW)
    await place.until(lambda: len(place.shown[place.rooms[key]]) == FEW)
    wire = place.wires[NEIGHBOUR]
    await wire.wait(lambda: len(wire.heard["#c0"]) == FEW)
    report.require(run_off() < size, "the other network had to wait for the end of the flood")
    return time.monotonic() - began


def _visible(place: Stage) -> str:
    found = re.findall(r'event="many events wait" waiting=(\d+)', place.log())
    return f"at {found[0]} and {len(found) - 1} times more" if found else "never"


def _mebibytes(place: Stage) -> float:
    pages = Path(f"/proc/{place.bridge.pid}/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE") / (1 << 20)
