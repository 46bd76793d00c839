"""`kill -9` of the bridge, and now and then of Synapse, between a real Synapse and a real ngIRCd.

IRC repeats nothing and recognises nothing. What is said there while the bridge is away, nobody
brings; so what counts for this direction is what was stored by the time of the kill, which the
database says: all but what may have been under way just then. In the other direction it is all
that alice said, in the order in which Synapse says that it has pushed it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import accumulate
from operator import lt
from pathlib import Path

from bridgekit.testing.servers import people
from demo.irc_person import irc_person
from demo.world import world
from tests.real_attack import synapse
from tests.real_attack.deadline import noting
from tests.real_attack.flow import GRACE
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
                await talk.until(lambda: talk.arrived + talk.gaps.unheard >= moment)  # noqa: B023
                if number % 3 == 2:
                    await talk.kill_homeserver(A_WHILE if number == 2 else 0.0)
                else:
                    await talk.kill(calm)

        async with asyncio.TaskGroup() as group:
            group.create_task(talk.talk(size, calm))
            group.create_task(killing())
        await talk.kill(calm, talk.found_away)
        for channel in CHANNELS:  # which brings the word of what is missing
            talk.rosa_says(channel, 1)
        with suppress(TimeoutError):  # the comparison says what is missing
            await talk.until(lambda: talk.waiting <= 0, within=120)
        await asyncio.sleep(GRACE)
        kills = len(moments) - len(moments) // 3 + 1
        late = compare(report, talk, kills)
        report.bound_doubt(kills, len(CHANNELS))
        report.seconds = time.monotonic() - began
    report.note = (
        f"{kills} kills, and {len(moments) // 3} of Synapse, seed {seed}; {talk.gaps.unheard} "
        "lines said on IRC in the moment of a kill were never read: IRC repeats nothing; "
        f"rooms were told so {talk.gaps.told.total()} times; {late} events Synapse pushed late"
    )
    return report


def compare(report: Report, talk: Talk, kills: int) -> int:
    """What is shown with what was said; how many events Synapse pushed late."""
    talk.pushes.look()
    pushed, late = [talk.bodies[event] for event in talk.pushes.done if event in talk.bodies], 0
    for channel in CHANNELS:
        said = {text: place for place, text in enumerate(talk.by_alice[channel])}
        given = [text for text in pushed if text in said]
        places = [said[text] for text in given]
        late += sum(map(lt, places, accumulate(places, max)))
        # At the end Synapse keeps nothing back; of the very last it may have to note the answer.
        given += sorted(said.keys() - given, key=said.__getitem__)
        report.compare(given, talk.irc.heard[channel], talk.told[channel])
        report.compare(talk.by_rosa[channel], talk.shown[channel])
    talk.gaps.judge(report, talk.by_rosa, kills * UNDER_WAY)
    strangers = (talk.irc.who - {"alice"}) | (talk.who - {"@irc_rosa:localhost"})
    report.require(not strangers, f"said as {sorted(strangers)}")
    return late
