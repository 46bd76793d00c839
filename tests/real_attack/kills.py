"""`kill -9` of the running bridge at random moments, both sides talking."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage
from tests.real_attack.wire_adapter import Memory

EVERY = 800  # messages, about, from one kill to the next


async def kill_9(folder: Path, size: int, seed: int, memory: Memory = "idempotent") -> Report:
    """`size` messages each way; a kill about every `EVERY` of them."""
    report = Report(f"kill -9, network memory: {memory}")
    rng = random.Random(seed)
    async with stage(folder, memory=memory) as place:
        flow = Flow(place, rng)
        # By what has arrived, not by the clock, so that each falls upon work.
        moments = sorted(rng.sample(range(10, 2 * size - 10), 2 * size // EVERY + 1))
        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(_killing(place, flow, rng, moments))
            group.create_task(flow.talk(size))
        # Such a network knows each send again, or can be asked: there is nothing to be in doubt of.
        report.bound_doubt(len(moments), len(place.rooms) if memory == "none" else 0)
        report.note = f"{len(moments)} kills, seed {seed}"
    return report


async def _killing(place: Stage, flow: Flow, rng: random.Random, moments: list[int]) -> None:
    for moment in moments:
        await flow.until_arrived(moment)
        # Not always right when something has arrived: at any point of what the bridge does next.
        await asyncio.sleep(rng.random() * 0.02)
        await place.again()
