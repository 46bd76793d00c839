"""A homeserver or a network that is slow, or never answers, in some rooms or in all."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage

SEND = "/send/m.room.message/"
SLOWLY = 5.0  # seconds a request
SLOW_ROOMS = 100  # more than the bridge has requests under way at once
SLUGGISH = 20  # messages in each slow room
HUNG = 4  # messages where nothing is answered
OTHERS = 3  # rooms
METHODS = ("GET", "POST", "PUT")

Key = tuple[str, str]


async def slow_rooms(folder: Path, size: int, seed: int) -> Report:
    """In most rooms each request takes five seconds: the others get theirs meanwhile."""
    report, rng = Report("slow rooms, 5 s a request"), random.Random(seed)
    async with stage(folder, chats=SLOW_ROOMS + OTHERS) as place:
        flow = Flow(place, rng)
        slow, others = _apart(place)
        async with judged(report, flow):
            faults = [place.hs.slow(method, _of(place, slow), SLOWLY) for method in METHODS]
            for key in slow:
                flow.bob_says(key, SLUGGISH)
            await faults[-1].reached.wait()
            took = await _all_there(flow, others, size)
            waiting = sum(SLUGGISH - len(place.shown[place.rooms[key]]) for key in slow)
            most = SLUGGISH * len(slow)
            report.require(
                2 * waiting > most, f"slow rooms were through but for {waiting} of {most}"
            )
            for fault in faults:
                fault.clear()
        report.note = (
            f"{size} messages each way in each of {OTHERS} rooms took {took:.1f} s, "
            f"while {waiting} waited in {len(slow)} slow ones"
        )
    return report


async def slow_everywhere(folder: Path, size: int, seed: int) -> Report:
    """Every request takes five seconds: there is nothing to save, and nothing to lose."""
    report, rng = Report("all of it slow, 5 s a request"), random.Random(seed)
    async with stage(folder, chats=SLOW_ROOMS) as place:
        flow = Flow(place, rng)
        async with judged(report, flow):
            faults = [place.hs.slow(method, "", SLOWLY) for method in METHODS]
            for key in place.rooms:
                flow.bob_says(key, size)
                await flow.alice_says(key, size)
            # The way to the network asks nothing of the homeserver.
            everything = size * len(place.rooms)
            await place.until(lambda: flow.heard == everything)
            shown = flow.shown
            report.require(shown < everything, "it was not slow")
            await place.until(lambda: flow.shown > shown)
            for fault in faults:
                fault.clear()
        report.note = f"{shown} were shown by the time the network had heard all {everything}"
    return report


async def hangs(folder: Path, size: int, seed: int) -> Report:
    """Requests are never answered; they take effect when the bridge has long given them up."""
    report, rng = Report("connections that hang"), random.Random(seed)
    async with stage(folder, chats=SLOW_ROOMS + OTHERS) as place:
        flow = Flow(place, rng)
        stuck, others = _apart(place)
        async with judged(report, flow):
            rooms = _of(place, stuck)
            hanging = place.hs.delay("PUT", rooms + SEND, times=len(stuck))
            for key in stuck:
                flow.bob_says(key, HUNG)
            await hanging.reached.wait()
            took = await _all_there(flow, others, size)
            shown = [key for key in stuck if place.shown[place.rooms[key]]]
            report.require(not shown, "the others came only after a room that hung")
            # Given up, and sent again: only now does the first one take effect.
            await place.until(
                lambda: all(len(place.shown[place.rooms[key]]) == HUNG for key in stuck)
            )
            hanging.release()
            await flow.talk(20)
        report.note = f"{len(stuck)} rooms hung; what was said in others took {took:.1f} s"
    return report


async def network_hangs(folder: Path, size: int, seed: int) -> Report:
    """The network answers nothing in most chats, and then the connection breaks."""
    report, rng = Report("a network that hangs"), random.Random(seed)
    async with stage(folder, chats=SLOW_ROOMS + OTHERS, memory="none") as place:
        flow = Flow(place, rng)
        stuck, others = _apart(place)
        async with judged(report, flow):
            # Some of it is taken: nobody can know.
            place.wire.hanging = {chat: rng.random() < 1 / 2 for _, chat in stuck}
            for key in stuck:
                await flow.alice_says(key, HUNG)
            await place.until(lambda: place.wire.hung == len(stuck))
            took = await _all_there(flow, others, size)
            place.wire.hanging = {}
            place.wire.drop()
        # Of each chat one message was under way, and its sender is told so.
        report.doubts = len(stuck)
        report.require(report.told == len(stuck), f"{report.told} of {len(stuck)} were told")
        report.note = f"{len(stuck)} chats hung; what was said in others took {took:.1f} s"
    return report


def _apart(place: Stage) -> tuple[list[Key], list[Key]]:
    keys = list(place.rooms)
    return keys[:SLOW_ROOMS], keys[SLOW_ROOMS:]


def _of(place: Stage, keys: list[Key]) -> str:
    """A pattern of the paths of these rooms."""
    return f"({'|'.join(re.escape(place.rooms[key]) for key in keys)})"


async def _all_there(flow: Flow, keys: list[Key], size: int) -> float:
    """`size` messages each way in each of these rooms; the seconds until all are there."""
    place, began = flow.place, time.monotonic()
    for key in keys:
        flow.bob_says(key, size)
        await flow.alice_says(key, size)
    await place.until(lambda: all(len(place.shown[place.rooms[key]]) == size for key in keys))
    await place.until(lambda: all(len(place.wire.heard[key[1]]) == size for key in keys))
    return time.monotonic() - began
