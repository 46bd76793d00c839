"""`kill -9` of the bridge in a crowd on a real ngIRCd, with the holder and without it.

With it, nobody on IRC may notice a kill: every line arrives once and in order, both ways, and
nobody is seen to quit. Without it, all that is said on Matrix arrives, and everybody comes back.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.real_attack.crowd import CHANNEL, WHILE_AWAY, Crowd, crowd
from tests.real_attack.deadline import last_words
from tests.real_attack.flow import GRACE
from tests.real_attack.report import Report
from tests.real_attack.stage import DOMAIN

MOST_KILLS = 10
BURST = 20
UNDER_WAY = 2 * BURST  # lines that may be in a socket when the bridge is killed
AHEAD = 400
MOST_PEOPLE = 200
BACK = 15.0  # seconds from a start until all of a full crowd are there, which the holder kept


async def kill_9(folder: Path, size: int, seed: int) -> Report:
    """`size` lines each way, and ten kills among them, or fewer where they are few."""
    report = Report("kill -9, held connections to ngIRCd")
    many, kills = _measure(size)
    async with crowd(folder, many, held=True) as all_:
        first = all_.arrived
        async with asyncio.TaskGroup() as group:
            moving = group.create_task(_move(all_, random.Random(seed)))
            talk = _talk(all_, size, seed, lambda: all_.arrived - first, 2 * size, report)
            back = await talk
            moving.cancel()
        with suppress(TimeoutError):  # the comparison says what is missing
            while all_.waiting:
                before = all_.arrived
                await all_.until(lambda: all_.arrived > before, within=60)  # noqa: B023
        await _compare_who_is_there(all_, report)
        await asyncio.sleep(GRACE)
        compare(report, all_)
        report.require(not all_.quits, f"{len(all_.quits)} were seen to quit on IRC")
        came_back = f"{len(all_.echoes)} of what was said on Matrix came back: {all_.echoes[:3]}"
        report.require(not all_.echoes, came_back)
        late = many == MOST_PEOPLE and max(back) > BACK
        report.require(not late, f"not everybody was back within {BACK:.0f} s")
        report.account.append(last_words(all_.bridge.log))
    report.note = (
        f"{many} people, {kills} kills, {all_.moves} renames and kicks, seed {seed}: nobody quit; "
        f"everybody was back in {max(back):.1f} s at most"
    )
    return report


async def kill_9_without_holder(folder: Path, size: int, seed: int) -> Report:
    """The same; what is said on IRC while nobody listens is beyond reach, and the room is told."""
    report = Report("kill -9, a crowd on ngIRCd, no holder")
    many, kills = _measure(size)
    # The server has no limits but of how many it accepts at once: ten (`listen`).
    async with crowd(folder, many, more="    people: {apart: 0.02}\n") as all_:
        first = len(all_.settled)
        back = await _talk(all_, size, seed, lambda: len(all_.settled) - first, size, report)
        all_.rosa_says(1)  # which brings the word of what is missing
        with suppress(TimeoutError):
            await all_.until(lambda: all_.unsettled == all_.unshown == 0, within=60)
        await asyncio.sleep(GRACE)
        compare(report, all_)
        all_.gaps.judge(report, {CHANNEL: all_.by_rosa}, kills * (WHILE_AWAY + UNDER_WAY))
        report.bound_doubt(kills, lanes=1)
        report.account.append(last_words(all_.bridge.log))
    report.note = (
        f"{many} people, {kills} kills, seed {seed}: everybody was back in {max(back):.1f} s at "
        f"most (the server limits nothing); {all_.gaps.unheard} lines were said on IRC while "
        f"nobody listened, and the room was told so {all_.gaps.told[CHANNEL]} times"
    )
    return report


def compare(report: Report, all_: Crowd) -> None:
    """What is shown, and as whose words, with what was said."""
    report.compare(all_.by_rosa, all_.on_matrix)
    for name, said in all_.by_people.items():
        report.compare(said, all_.on_irc.get(name, []), all_.told.get(name, []))
    report.require(not all_.strangers, f"shown as somebody else's: {all_.strangers[:3]}")


async def _move(all_: Crowd, rng: random.Random) -> None:
    """People are renamed and put out, and so is rosa renamed, one after another until cancelled."""
    turn = 0
    while True:
        turn += 1
        all_.rosa_becomes(f"ros{turn}")
        await all_.put_out(all_.somebody(rng))
        await all_.renames(all_.somebody(rng), f"other{turn}")
        all_.moves += 3


async def _compare_who_is_there(all_: Crowd, report: Report) -> None:
    """Of all that rosa was called, the last is left in the room; and nobody is there twice."""
    expected = [f"@irc_{all_.rosa.nick}:{DOMAIN}"]
    with suppress(TimeoutError):
        await all_.until(lambda: all_.ghosts() == expected, within=60)
    report.require(all_.ghosts() == expected, f"{all_.ghosts()} are in the room, not {expected}")
    ours = {f"person{number}" for number in range(len(all_.people))}
    nicks = {all_.names.get(name, name) for name in ours}
    report.require(len(nicks) == len(ours), "two people have one nick")


def _measure(size: int) -> tuple[int, int]:
    """How many people, and how many kills."""
    return min(MOST_PEOPLE, max(5, size // 10)), min(MOST_KILLS, max(2, size // 100))


async def _talk(
    all_: Crowd, size: int, seed: int, settled: Callable[[], int], whole: int, report: Report
) -> list[float]:
    """Both sides talk, among kills; how long it took each time until everybody was back.

    `settled` counts what has arrived, `whole` is how much of that there will be.
    """
    rng = random.Random(seed)
    _, kills = _measure(size)
    moments = sorted(rng.sample(range(20, whole - 20), kills))
    began, back = time.monotonic(), list[float]()

    async def killing() -> None:
        for moment in moments:
            await all_.until(lambda: settled() >= moment)  # noqa: B023
            back.append(await all_.again())

    left = size
    async with asyncio.TaskGroup() as group:
        group.create_task(killing())
        for done in range(0, size, BURST):
            if all_.calm.is_set():
                now = min(2 * BURST if left > size - done else BURST, left)
                all_.rosa_says(now)
                left -= now
            for _ in range(BURST):
                await all_.says(all_.somebody(rng))
            share = whole * (done + BURST) // size  # of what there will be, as far as said
            await all_.until(lambda: settled() > share - AHEAD)  # noqa: B023
    all_.rosa_says(left)
    report.seconds = time.monotonic() - began
    return back
