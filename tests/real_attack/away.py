"""Very much is said on Matrix while the network's login is away: memory, order, and what is changed
or taken back meanwhile.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks import usage
from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage

CHATS = 2
WARM = 500  # messages each way before: what a bridge at work takes is no part of what waits
EACH = (
    2500  # bytes of memory that a message may cost that waits for its login, its body not counted
)
BODIES = 2  # MiB: what the configuration below lets bodies take
NOTHING = "org.example.nothing"  # a kind of event that no network has
_DROPPED = "SELECT count(DISTINCT owner) FROM outcome WHERE kind = 'm.room.redaction'"

Key = tuple[str, str]


async def flood(folder: Path, size: int, seed: int) -> Report:
    """`size` messages while it is away. In each chat the first, one in the middle and the last are
    redacted, their neighbours edited: what waits does so as long as they are under way.
    """
    report, rng = Report(f"a flood of {size}, network away"), random.Random(seed)
    more = f"waiting: {{memory: {BODIES} MB}}\n"
    async with stage(folder, chats=CHATS, more=more) as place:
        flow = Flow(place, rng)
        async with judged(report, flow):
            await flow.talk(WARM)
            await flow.arrived()
            before = _mebibytes(place)
            place.wire.leave()
            said = {key: await _said(flow, key, size // CHATS) for key in place.rooms}
            for key, events in said.items():
                for number in (0, len(events) // 2, len(events) - 2):
                    await _change(flow, key, events[number], events[number + 1])
            for room in place.rooms.values():
                # Nobody waits for what becomes of that: it is dropped when its turn comes.
                await place.alice.redact(room, await place.alice.send(room, NOTHING, {}))
            await _all_aside(folder / "bridge.db")
            most = _mebibytes(place)
            judge_memory(report, before, most, size)
            report.require(flow.heard == WARM, "the network was not away")
            await place.wire.come_back()
        each = (most - before) * (1 << 20) / size
        report.note = (
            f"memory {before:.0f} MiB, with all waiting {most:.0f}: {each:.0f} bytes each; "
            f"{3 * CHATS} were redacted while they waited, as many edited"
        )
    return report


def judge_memory(report: Report, before: float, most: float, size: int) -> None:
    """In MiB."""
    fine = most - before < BODIES * 3 + size * EACH / (1 << 20) + 10
    report.require(fine, f"memory grew from {before:.0f} to {most:.0f} MiB")


async def _said(flow: Flow, key: Key, count: int) -> list[tuple[str, str]]:
    """What alice says, each with its event."""
    before = len(flow.by_alice[key])
    await flow.alice_says(key, count)
    events = {text: event for event, text in flow.place.bodies.items()}
    return [(events[text], text) for text in flow.by_alice[key][before:]]


async def _change(flow: Flow, key: Key, gone: tuple[str, str], other: tuple[str, str]) -> None:
    """One is redacted and never comes; another comes as it is edited, in its place."""
    alice, room, said = flow.place.alice, flow.place.rooms[key], flow.by_alice[key]
    said.remove(gone[1])
    said[said.index(other[1])] = edited = f"{other[1]}, edited"
    await alice.edit(room, other[0], edited)
    await alice.redact(room, gone[0])


async def _all_aside(database: Path) -> None:
    """Each lane has come to the redaction of nothing: all before it has stepped aside."""
    with closing(sqlite3.connect(database)) as connection:
        while connection.execute(_DROPPED).fetchone() != (CHATS,):  # noqa: ASYNC110 (a file)
            await asyncio.sleep(0.1)


def _mebibytes(place: Stage) -> float:
    assert place.bridge.pid is not None
    return usage.rss_mib(place.bridge.pid)
