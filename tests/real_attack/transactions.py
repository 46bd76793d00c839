"""Transactions that come again, overlap, and come out of order."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from bridgekit.testing.homeserver.push import Transaction
from tests.real_attack.flow import AHEAD, Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage


async def replayed(folder: Path, size: int, seed: int) -> Report:
    """Old ones again, under their own ID and under others; new ones twice at once."""
    report, rng = Report("transactions replayed, overlapping"), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng, ahead=min(AHEAD, size // 10))
        again: set[int | None] = set()
        async with judged(report, flow), asyncio.TaskGroup() as group:
            talking = group.create_task(flow.talk(size))
            replaying = group.create_task(_replaying(place, flow, rng, again))
            await talking
            replaying.cancel()
        await _replay(place, rng, place.hs.delivered(), again)
        await flow.arrived()
        report.require(again <= {200}, f"repetitions were answered {again}, not 200")
        report.note = f"{len(place.hs.delivered())} transactions, seed {seed}"
    return report


async def _replaying(
    place: Stage, flow: Flow, rng: random.Random, answers: set[int | None]
) -> None:
    moment = 50
    while True:
        await flow.until_arrived(moment)
        moment += 200
        await _replay(place, rng, place.hs.delivered()[-20:], answers)


async def _replay(
    place: Stage, rng: random.Random, old: list[Transaction], answers: set[int | None]
) -> None:
    """In any order, several at once; a third of them in other pieces than before."""
    chosen = rng.sample(old, min(len(old), 10))
    pushes = []
    for one in chosen:
        name, events = one.id, list(one.events)
        if rng.random() < 1 / 3:
            name = f"other-{rng.random()}"
            events = events[rng.randrange(len(events) or 1) :]
        pushes += [place.hs.push_transaction(name, {"events": events}) for _ in range(2)]
    answers.update(await asyncio.gather(*pushes))


async def disordered(folder: Path, size: int, seed: int) -> Report:
    """Later events come in earlier transactions; each arrives once, as they were pushed."""
    report, rng = Report("transactions out of order"), random.Random(seed)
    async with stage(folder, chats=1) as place:
        flow = Flow(place, rng)
        (key,) = place.rooms
        pushed: list[str] = []
        async with judged(report, flow):
            for _ in range(size // 20):
                await _push_disordered(place, flow, rng, pushed)
            # What the bridge can know of an order is the order in which it was given them.
            flow.by_alice[key] = pushed
    return report


async def _push_disordered(place: Stage, flow: Flow, rng: random.Random, pushed: list[str]) -> None:
    ((key, room),) = place.rooms.items()
    await place.hs.pushed()
    place.hs.hold()
    await flow.alice_says(key, 20)
    there = await place.alice.events(room)
    held = [event for event in there if event["sender"] == place.alice.user_id][-20:]
    batches = [held[start : start + 5] for start in range(0, len(held), 5)]
    rng.shuffle(batches)
    for batch in batches:
        await place.hs.push_transaction(f"early-{rng.random()}", {"events": batch})
        pushed += [event["content"]["body"] for event in batch]
    place.hs.release()  # and all of them once more, in their order
    await place.hs.pushed()
