"""A homeserver that restarts, refuses, loses answers, hangs and is slow, both sides talking."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bridgekit.testing.homeserver.faults import Fault
from tests.real_attack.flow import AHEAD, Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage

SEND = "/send/m.room.message/"
LOOK = "GET /rooms/{room}/messages"
SLOWLY = 5.0  # seconds a request
SLUGGISH = 30  # messages in the slow room
REFUSED = (("PUT", SEND), ("POST", "/join"), ("PUT", "/rooms/"))

Strike = Callable[[Stage, random.Random, int], Fault]
Then = Callable[[Stage], Awaitable[None]]


async def restarts(folder: Path, size: int, seed: int) -> Report:
    """It goes down in the middle of sends that it has taken, and forgets their IDs."""

    def lose(place: Stage, rng: random.Random, _: int) -> Fault:
        return place.hs.lose_answer("PUT", SEND, times=rng.randrange(1, 4))

    async def restart(place: Stage) -> None:
        await place.hs.restart()

    name = "homeserver restarted, memory gone"
    return await _attacked(name, folder, size, seed, lose, restart)


async def refusals(folder: Path, size: int, seed: int) -> Report:
    """429 and 5xx in bursts, with and without saying when to come back."""

    def burst(place: Stage, rng: random.Random, number: int) -> Fault:
        method, path = REFUSED[number % len(REFUSED)]
        status = rng.choice((429, 500, 502, 503, 504))
        after = rng.choice((None, 50)) if status == 429 else None
        code = "M_LIMIT_EXCEEDED" if status == 429 else "M_UNKNOWN"
        how = {"status": status, "errcode": code, "retry_after_ms": after}
        return place.hs.fail(method, path, times=rng.randrange(1, 6), **how)

    return await _attacked("429 and 5xx in bursts", folder, size, seed, burst)


async def lost_answers(folder: Path, size: int, seed: int) -> Report:
    """Requests that take effect and are not answered, and some that never took effect."""

    def cut(place: Stage, rng: random.Random, number: int) -> Fault:
        if rng.random() < 0.1:  # the bridge leaves more and more time before it connects again
            place.wire.lose = 1
        cut = place.hs.drop_request if number % 3 == 1 else place.hs.lose_answer
        return cut("PUT", SEND, times=rng.randrange(1, 6))

    return await _attacked("answers lost after acceptance", folder, size, seed, cut)


async def _attacked(
    name: str, folder: Path, size: int, seed: int, strike: Strike, then: Then | None = None
) -> Report:
    """Struck about every 200 messages, and `then` whatever it is that follows a strike."""
    report, rng = Report(name), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng, ahead=min(AHEAD, size // 10))
        moments = sorted(rng.sample(range(10, 2 * size - 50), size // 100 + 1))
        faults: list[Fault] = []

        async def strikes() -> None:
            for number, moment in enumerate(moments):
                await flow.until_arrived(moment)
                faults.append(strike(place, rng, number))
                # Somebody new, so that there is a join to meet as well as a message.
                flow.bob_says(rng.choice(list(place.rooms)), sender=f"new{number}")
                if then is not None:
                    await faults[-1].reached.wait()
                    await then(place)

        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(flow.talk(size))
            group.create_task(strikes())
        met = [fault.struck for fault in faults]
        report.require(met and all(met), f"some of what was to strike never did: {met}")
        looked = place.hs.requests[LOOK]
        report.note = (
            f"{len(met)} faults met {sum(met)} requests, "
            f"looked into rooms {looked} times, seed {seed}"
        )
    return report


async def slow(folder: Path, size: int, seed: int) -> Report:
    """One room takes five seconds a message: the others get theirs meanwhile."""
    report, rng = Report("a slow room, 5 s a request"), random.Random(seed)
    async with stage(folder, chats=5) as place:
        flow = Flow(place, rng)
        sluggish, *others = place.rooms
        room = place.rooms[sluggish]
        async with judged(report, flow):
            slowness = place.hs.slow("PUT", re.escape(room), SLOWLY)
            flow.bob_says(sluggish, SLUGGISH)
            await slowness.reached.wait()
            await _all_there(flow, others, size)
            waiting = SLUGGISH - len(place.shown[room])
            report.require(waiting > 0, "the slow room was not slower than all others")
            slowness.clear()
        report.note = f"{size} messages in each other room, while {waiting} waited in the slow one"
    return report


async def hangs(folder: Path, size: int, seed: int) -> Report:
    """A request is never answered; it takes effect when the bridge has long given it up."""
    report, rng = Report("a connection that hangs"), random.Random(seed)
    async with stage(folder) as place:
        flow = Flow(place, rng)
        stuck, *others = place.rooms
        began = time.monotonic()
        async with judged(report, flow):
            hanging = place.hs.delay("PUT", re.escape(place.rooms[stuck]) + SEND, times=1)
            flow.bob_says(stuck, 5)
            await hanging.reached.wait()
            await _all_there(flow, others, size)
            report.require(
                not place.shown[place.rooms[stuck]], "the others came only after the room that hung"
            )
            others_took = time.monotonic() - began
            # Given up, and sent again: only now does the first one take effect.
            await place.until(lambda: len(place.shown[place.rooms[stuck]]) == 5)
            hanging.release()
            await flow.talk(20)
        report.note = f"the other rooms took {others_took:.1f} s"
    return report


async def _all_there(flow: Flow, keys: list[tuple[str, str]], size: int) -> None:
    """`size` messages each way in each of these rooms, until those of the network are shown."""
    place = flow.place
    for key in keys:
        flow.bob_says(key, size)
        await flow.alice_says(key, size)
    await place.until(lambda: all(len(place.shown[place.rooms[key]]) == size for key in keys))
