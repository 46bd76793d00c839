"""A network that says very much while the homeserver is down: memory, order, and its neighbours."""

from __future__ import annotations

import random
import re
import time
from functools import partial
from pathlib import Path

from benchmarks import usage
from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import Stage, stage
from tests.real_attack.wire_adapter import MOST

FLOODED, NEIGHBOUR = "wire", "other"
AT_ONCE = 5000  # messages between two looks at the memory
IDS = 640  # bytes of memory that a waiting job may cost, its body not counted: see operators.md
BODIES = 2  # MiB: what the configuration below lets bodies take
LENGTH, TOGETHER = 1 << 10, 64 << 20  # bytes of a body, and of all of them, at least
WARN = 1000  # so many waiting are said in the log
FEW = 20
FAIR = 10  # times what the flood's lanes do while one that is not behind them does as much
FULL = 'event="too many events wait: no more are taken"'


async def flood(folder: Path, size: int, seed: int) -> Report:
    """`size` messages while it is down; then they come, oldest first, and delay nobody else."""
    report, rng = Report(f"a flood of {size}, homeserver down"), random.Random(seed)
    more = f"waiting: {{memory: {BODIES} MB, warn: {WARN}}}\n"
    async with stage(folder, chats=10, networks=(FLOODED, NEIGHBOUR), more=more) as place:
        flow = Flow(place, rng, spoken=partial(at_length, size=size))
        chats = [key for key in place.rooms if key[0] == FLOODED]
        async with judged(report, flow):
            before = _mebibytes(place)
            await place.hs.stop()
            said = time.monotonic()
            most = max([await _say(place, flow, chats, at, size) for at in range(0, size, AT_ONCE)])
            said = time.monotonic() - said
            judge_memory(report, before, most, size)
            said_so = re.findall(
                r'event="many events wait" brought_by=wire waiting=(\d+)', place.log()
            )
            # At WARN and whenever it is twice as many, each up to MOST late.
            expected = ((size + MOST) // (WARN + 2 * MOST)).bit_length()
            report.require(len(said_so) >= expected, f"the log said so {len(said_so)} times only")
            await place.hs.start()
            gone = await _neighbour(place, flow)
            judge_neighbour(report, gone, len(chats))
        after = _mebibytes(place)
        report.note = (
            f"stored {size / said:.0f}/s; memory {before:.0f} MiB, with all waiting {most:.0f}, "
            f"afterwards {after:.0f}; another network's {FEW} were there after {gone} of it; "
            f"the log said so at {', '.join(said_so)}"
        )
    return report


async def limit(folder: Path, size: int, seed: int) -> Report:
    """`size` are said of which half may wait, first by a network, then by the homeserver: the rest
    is not acknowledged until there is room, and who did not flood notices nothing.
    """
    report, rng = Report(f"{size} are said, half may wait"), random.Random(seed)
    more = f"waiting: {{most: {size // 2}, warn: {size // 2}}}\n"
    async with stage(folder, networks=(FLOODED, NEIGHBOUR), more=more) as place:
        flow = Flow(place, rng)
        async with judged(report, flow):
            await _network_floods(place, flow, report, size)
            await _homeserver_floods(place, flow, report, size)
        left = sum(len(wire.unacknowledged) for wire in place.wires.values())
        report.require(not left, f"{left} were never acknowledged")
    return report


async def _network_floods(place: Stage, flow: Flow, report: Report, size: int) -> None:
    """The homeserver takes no messages, and brings some."""
    gate = place.hs.delay("PUT", "/send/", times=None)
    chats = [key for key in place.rooms if key[0] == FLOODED]
    for number in range(size):
        flow.bob_says(chats[number % len(chats)])
    await place.says(f"{FULL} brought_by={FLOODED}")
    waiting = len(place.wire.unacknowledged)
    # What is brought together is taken together.
    report.require(size - waiting < size // 2 + MOST, f"only {waiting} were not acknowledged")
    other = place.wires[NEIGHBOUR]
    flow.bob_says((NEIGHBOUR, "#c0"), FEW)
    await place.until(lambda: not other.unacknowledged)
    for network, wire in place.wires.items():
        await flow.alice_says((network, "#c0"), FEW)
        await place.until(lambda wire=wire: len(wire.heard["#c0"]) == FEW)
    report.require(not flow.shown, "the homeserver took messages")
    gate.release()
    await flow.arrived()
    report.note = f"{waiting} of the network's were not acknowledged at its limit"


async def _homeserver_floods(place: Stage, flow: Flow, report: Report, size: int) -> None:
    """A network takes nothing, and says something."""
    stuck, chats = place.wires[NEIGHBOUR], [key for key in place.rooms if key[0] == NEIGHBOUR]
    stuck.hanging = dict.fromkeys([chat for _, chat in chats], False)
    for number in range(size):
        await flow.alice_says(chats[number % len(chats)])
    await place.says(f'{FULL} brought_by="the homeserver"')
    answered = await place.push()
    report.require(answered >= 500, f"at the limit a transaction was answered {answered}")
    before = flow.shown
    for key in ((FLOODED, "#c1"), (NEIGHBOUR, "#c1")):
        flow.bob_says(key, FEW)
    await place.until(lambda: flow.shown == before + 2 * FEW)
    stuck.hanging = {}
    stuck.drop()


def at_length(text: str, size: int) -> str:
    """As long as shows in memory if all of the network's is there, however few they are."""
    many = max(LENGTH, TOGETHER // size)
    return text if text.startswith("alice") else text.ljust(many, ".")


def judge_memory(report: Report, before: float, most: float, size: int) -> None:
    """In MiB; the bodies alone are more than what is let grow."""
    fine = most - before < BODIES * 3 + size * IDS / (1 << 20) + 30
    report.require(fine, f"memory grew from {before:.0f} to {most:.0f} MiB")


def judge_neighbour(report: Report, gone: int, lanes: int) -> None:
    """`gone` of the flood ran off, from `lanes` chats, by when the others' were there."""
    share = FAIR * FEW * lanes
    report.require(gone <= share, f"the other network waited for {gone}, at most {share}")


async def _say(place: Stage, flow: Flow, chats: list[tuple[str, str]], at: int, size: int) -> float:
    """Some of the flood, until it is acknowledged; the memory in MiB then."""
    for number in range(at, min(at + AT_ONCE, size)):
        flow.bob_says(chats[number % len(chats)])
    await place.until(lambda: not place.wire.unacknowledged)
    return _mebibytes(place)


async def _neighbour(place: Stage, flow: Flow) -> int:
    """How much of the flood runs off until `FEW` each way of another network are there."""
    flooded = [room for (name, _), room in place.rooms.items() if name == FLOODED]
    key, wire = (NEIGHBOUR, "#c0"), place.wires[NEIGHBOUR]
    shown, heard = place.shown[place.rooms[key]], wire.heard["#c0"]

    def run_off() -> int:
        return sum(len(place.shown[room]) for room in flooded)

    await place.until(lambda: run_off() > 100)
    before = run_off()
    flow.bob_says(key, FEW)
    await flow.alice_says(key, FEW)
    await place.until(lambda: len(shown) == len(heard) == FEW)
    return run_off() - before


def _mebibytes(place: Stage) -> float:
    assert place.bridge.pid is not None
    return usage.rss_mib(place.bridge.pid)
