"""The wall clock is set back and forward by hours and days while both sides talk."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import DOMAIN, Rig
from tests.real_attack.report import Report

HOUR = 3600.0
JUMPS = (-24 * HOUR, -HOUR, -30.0, 30.0, HOUR, 23 * HOUR)
EVERY = 20  # messages from one jump to the next
STEP = 1.0  # seconds that pass at a time, so that what waits for a time goes on


async def set_back_and_forward(folder: Path, size: int, seed: int) -> Report:
    """In this process: nobody may set the clock of the machine for a test."""
    report, rng, began = Report("the clock set back"), random.Random(seed), time.monotonic()
    clock = VirtualClock()
    async with Rig(folder, clock) as rig:
        # Two who take turns hundreds of times, faster than people can.
        rig.settings["moderation"] = ModerationSettings(circles=False)
        rig.network.idempotent = True  # a stop's 20 seconds are over at once by such a clock
        await rig.start()
        alice = rig.hs.person("alice")
        room = await alice.join(f"#loop_#room:{DOMAIN}")
        passing = asyncio.create_task(_pass(clock))
        rig.hs.fail("PUT", "/send/", status=503, times=size // 50 + 1)  # something waits, too
        for number in range(size):
            if number % EVERY == EVERY - 1:
                clock.jump(rng.choice(JUMPS))
            if number % (3 * EVERY) == EVERY:
                await rig.stop()
                await rig.start()
            await alice.say(room, f"alice {number}")
            await rig.network.say("#room", "bob", f"bob {number}", id=f"m{number}")
        await rig.network.wait(lambda: len(rig.network.heard) >= size, within=60)
        await alice.wait_for(room, lambda event: event["content"].get("body") == f"bob {size - 1}")
        shown = [body for body in await alice.bodies(room) if body.startswith("bob ")]
        report.compare([f"alice {number}" for number in range(size)], rig.network.texts())
        report.compare([f"bob {number}" for number in range(size)], shown)
        passing.cancel()
        await rig.stop()
    report.seconds = time.monotonic() - began
    return report


async def _pass(clock: VirtualClock) -> None:
    while True:
        await clock.advance(STEP)
