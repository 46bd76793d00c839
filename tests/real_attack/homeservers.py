"""A homeserver that is away for a while, refuses and loses answers, both sides talking."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bridgekit.testing.homeserver.faults import Fault
from tests.real_attack.flow import AHEAD, BURST, Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage

SEND = "/send/m.room.message/"
LOOK = "GET /rooms/{room}/messages"
LONGEST, A_WHILE = 3.0, 40.0  # seconds that it is away, and that once
LONG = 1000  # messages: only then there is time for the pauses that many faults in a row make
PILED = 1  # faults: one message that meets more of them waits longer than the attack may take
CUT = (("PUT", SEND), ("PUT", SEND), ("POST", "/join"))
ROOMS = 20  # that share a long burst: one message that meets all of it waits for hours
MANY = 15  # requests refused in a row; three times as many where it says when to come back
REFUSED = (("PUT", SEND), ("POST", "/join"), ("PUT", "/rooms/"))

Strike = Callable[[Stage, random.Random, int], Fault]


async def restarts(folder: Path, size: int, seed: int) -> Report:
    """It goes away at random moments, for a random while, and has forgotten transaction IDs when
    it is back. Half of the times the bridge is killed, too: before, meanwhile or afterwards.
    """
    report, rng = Report("homeserver away, memory gone"), random.Random(seed)
    moments = sorted(rng.sample(range(10, 2 * size - 50), size // 200 + 1))
    downs: list[_Down] = []
    async with stage(folder) as place:
        flow = Flow(place, rng, ahead=min(AHEAD, size // 10))

        async def outages() -> None:
            for moment in moments:
                await flow.until_arrived(moment)
                downs.append(_Down(place, flow, rng))
                if size >= LONG and len(downs) == len(moments) // 2:
                    downs[-1].away = A_WHILE
                await downs[-1].happen()

        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(flow.talk(size))
            group.create_task(outages())
        kills = sum(down.kill is not None for down in downs)
        away = sum(down.away for down in downs)
        report.note = (
            f"{len(downs)} times, {away:.0f} s in all, with {kills} kills of the bridge; "
            f"looked into rooms {place.hs.requests[LOOK]} times, seed {seed}"
        )
    return report


class _Down:
    """One time that it is away; all that is random is drawn at once, in the same order always."""

    def __init__(self, place: Stage, flow: Flow, rng: random.Random) -> None:
        self._place, self._flow = place, flow
        self._lost = rng.choice((0, 0, 1, 3))  # answers, right before
        self._delay, self.away = rng.random() * 0.02, rng.random() * LONGEST
        self.kill = rng.choice((None, None, None, "before", "meanwhile", "afterwards"))
        self._chat = rng.choice(list(place.rooms))

    async def happen(self) -> None:
        place = self._place
        if self._lost:
            fault = place.hs.lose_answer("PUT", SEND, times=self._lost)
            self._flow.bob_says(self._chat, self._lost)  # so that there is one to lose
            await fault.reached.wait()
        await asyncio.sleep(self._delay)  # at any point of what the bridge does next
        if self.kill == "before":
            await place.kill()
        await place.hs.stop()
        self._flow.bob_says(self._chat, BURST)
        if self.kill == "before":
            await place.start()
        await asyncio.sleep(self.away)
        if self.kill == "meanwhile":
            await place.again()
        await place.hs.restart()
        await asyncio.sleep(self._delay)
        if self.kill == "afterwards":
            await place.again()


async def refusals(folder: Path, size: int, seed: int) -> Report:
    """429 and 5xx in bursts, with and without saying when to come back."""

    def burst(place: Stage, rng: random.Random, number: int) -> Fault:
        method, path = REFUSED[number % len(REFUSED)]
        status = rng.choice((429, 500, 502, 503, 504))
        after = rng.choice((None, 50)) if status == 429 else None
        code = "M_LIMIT_EXCEEDED" if status == 429 else "M_UNKNOWN"
        how = {"status": status, "errcode": code, "retry_after_ms": after}
        times = _in_a_row(rng, size)
        if size >= LONG and (method, path) == ("PUT", SEND):
            times = rng.randint(MANY // 3, MANY if after is None else 3 * MANY)
        return place.hs.fail(method, path, times=times, **how)

    chats = ROOMS if size >= LONG else 3
    return await _attacked("429 and 5xx in bursts", folder, size, seed, burst, chats)


async def lost_answers(folder: Path, size: int, seed: int) -> Report:
    """Requests that take effect and are not answered, and some that never took effect."""

    def cut(place: Stage, rng: random.Random, number: int) -> Fault:
        if rng.random() < 0.1:  # the bridge leaves more and more time before it connects again
            place.wire.lose = 1
        if rng.random() < 0.3:  # it cannot be looked for at once, either
            place.hs.fail("GET", "/messages", times=_in_a_row(rng, size), status=503)
        method, path = CUT[number % len(CUT)]
        cut = place.hs.drop_request if number % 5 == 1 else place.hs.lose_answer
        return cut(method, path, times=_in_a_row(rng, size))

    return await _attacked("answers lost after acceptance", folder, size, seed, cut)


def _in_a_row(rng: random.Random, size: int) -> int:
    """How often a fault strikes, maybe one message, which waits twice as long each time."""
    return rng.randint(1, 3 if size >= LONG else 2)


async def _attacked(
    name: str, folder: Path, size: int, seed: int, strike: Strike, chats: int = 3
) -> Report:
    """Struck about every 200 messages; in a long attack also while the last strike is not over."""
    report, rng = Report(name), random.Random(seed)
    async with stage(folder, chats=chats) as place:
        flow = Flow(place, rng, ahead=min(AHEAD, size // 10))
        moments = sorted(rng.sample(range(10, 2 * size - 50), size // 100 + 3))
        faults: list[Fault] = []

        async def strikes() -> None:
            for number, moment in enumerate(moments):
                await flow.until_arrived(moment)
                await place.until(lambda: place.hs.faults.waiting <= PILED or not flow.waiting)
                faults.append(strike(place, rng, number))
                # Somebody new, so that there is a join to meet as well as a message.
                flow.bob_says(rng.choice(list(place.rooms)), sender=f"new{number}")
                if size < LONG:
                    await faults[-1].reached.wait()
                    await flow.caught_up()
                    place.hs.faults.clear()
            for more in count(len(moments)):
                if all(fault.struck for fault in faults):
                    break
                # What it was to meet has met an earlier one of its kind.
                flow.bob_says(rng.choice(list(place.rooms)), sender=f"new{more}")
                await flow.caught_up()

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
