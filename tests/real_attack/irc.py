"""`kill -9` of the bridge, and now and then of Synapse, between a real Synapse and a real ngIRCd.

IRC repeats nothing and recognises nothing. What is said there while the bridge is away, nobody
brings; so what counts for this direction is what was stored by the time of the kill, which the
database says: all but what may have been under way just then. In the other direction it is
what Synapse says that it has pushed, and in which order.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import accumulate, chain
from operator import lt
from pathlib import Path

from bridgekit.testing.servers import people
from demo.irc_person import irc_person
from demo.world import world
from tests.real_attack import synapse
from tests.real_attack.deadline import noting
from tests.real_attack.irc_talk import BURST, CHANNELS, OnIRC, Talk
from tests.real_attack.report import Report

EVERY = 2000  # messages, about, from one kill to the next
A_WHILE = 20.0  # seconds that Synapse is away the first time; then it is back at once
UNDER_WAY = BURST * len(CHANNELS)  # lines that may be in a socket when the bridge is killed


@asynccontextmanager
async def _talk(folder: Path) -> AsyncIterator[Talk]:
    """Both sides at work, and alice in all rooms."""
    on_irc = OnIRC()
    async with AsyncExitStack() as stack:
        place = stack.enter_context(world(folder, links=CHANNELS, rate=2000.0))
        place.homeserver.kill()
        synapse.prepare(folder / "synapse")
        await asyncio.get_running_loop().run_in_executor(place.starter, place.homeserver.restart)
        crowd = await stack.enter_async_context(people(place.homeserver))
        irc = irc_person(place.irc_port, "rosa", *CHANNELS, shown=on_irc.line)
        rosa = await stack.enter_async_context(irc)
        alice = await crowd.person("alice")
        await rosa.wait(lambda: len(on_irc.there) == len(CHANNELS))
        rooms = {name: await alice.join(f"#irc_{name}:localhost") for name in CHANNELS}
        talk = Talk(place, folder, alice, rosa, on_irc, rooms)
        listening = asyncio.create_task(talk.listen())
        try:
            for channel in CHANNELS:  # so that she is on IRC
                await talk.alice_says(channel, 1)
            with noting(talk.account):
                await talk.until(lambda: talk.waiting == 0)
                yield talk
        finally:
            listening.cancel()


async def kill_9(folder: Path, size: int, seed: int) -> Report:
    """`size` messages each way, and a kill about every `EVERY` of them."""
    report, rng = Report("kill -9, Synapse and ngIRCd"), random.Random(seed)
    moments = sorted(rng.sample(range(50, 2 * size - 50), 2 * size // EVERY + 1))
    calm = asyncio.Event()
    calm.set()
    async with _talk(folder) as talk:
        began = time.monotonic()

        async def killing() -> None:
            for number, moment in enumerate(moments):
                await talk.until(lambda: talk.arrived + talk.unheard >= moment)  # noqa: B023
                if number % 3 == 2:
                    await talk.kill_homeserver(A_WHILE if number == 2 else 0.0)
                else:
                    await talk.kill(calm)

        async with asyncio.TaskGroup() as group:
            group.create_task(talk.talk(size, calm))
            group.create_task(killing())
        with suppress(TimeoutError):  # the comparison says what is missing
            await talk.until(lambda: talk.waiting <= 0, within=120)
        kills = len(moments) - len(moments) // 3
        kept, late = compare(report, talk, kills)
        report.bound_doubt(kills, len(CHANNELS))
        report.seconds = time.monotonic() - began
    report.note = (
        f"{len(moments)} kills, each third of Synapse, seed {seed}; {talk.unheard} lines said on "
        "IRC in the moment of a kill were never read: IRC repeats nothing; "
        f"rooms were told so {talk.told_of_gaps.total()} times; {late} events Synapse pushed late, "
        f"{kept} not at all"
    )
    return report


def compare(report: Report, talk: Talk, kills: int) -> tuple[int, int]:
    """What is shown with what was said; how many events Synapse keeps back, and pushed late."""
    (kept, unpushed), late, heard = talk.unpushed(), 0, {*chain(*talk.irc.heard.values())}
    report.require(not unpushed, f"never pushed: {sorted(unpushed)[:3]}")
    # What has just been heard is pushed, though Synapse has not noted its answer yet.
    last = {event: None for event in talk.bodies if event in kept and talk.bodies[event] in heard}
    pushed = [talk.bodies[event] for event in talk.pushes.done | last if event in talk.bodies]
    for channel in CHANNELS:
        said = {text: place for place, text in enumerate(talk.by_alice[channel])}
        given = [text for text in pushed if text in said]
        places = [said[text] for text in given]
        late += sum(map(lt, places, accumulate(places, max)))
        report.compare(given, talk.irc.heard[channel], talk.told[channel])
        report.compare(talk.by_rosa[channel], talk.shown[channel])
        noticed = len(talk.by_rosa[channel]) > talk.gaps.get(channel, sys.maxsize)
        told = talk.told_of_gaps[channel]
        report.require(told or not noticed, f"{channel} has a gap, and its room does not say so")
    most = kills * UNDER_WAY
    sentence = f"{talk.unheard} lines were not stored by the time of a kill, at most {most} can be"
    report.require(talk.unheard <= most, sentence)
    return len(kept - last.keys()), late
