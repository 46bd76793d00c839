"""Matrix to network: transactions pushed by the homeserver, until the network has each message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Figures, compared, correctness, latencies, throughput
from benchmarks.subjects import Subject

PEOPLE = 20
ROOMS = 10
RATES = {1: 50.0, 10: 20.0, 100: 5.0}
"""Transactions a second, by their size, where latency is measured."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Messages pushed as fast as they are acknowledged, and the seconds pushed at `RATES`."""

    flood: int
    paced_s: float


async def measure(subjects: Sequence[Subject], size: int, amounts: Amounts) -> dict[str, Any]:
    """Each subject in turn, with transactions of `size` messages."""
    return compared({one.name: await _measure(one, size, amounts) for one in subjects})


async def _measure(subject: Subject, size: int, amounts: Amounts) -> Figures:
    await _push(subject, 100, size)  # everybody is known and connected
    cpu = await subject.cpu()
    pushed, arrived = await _push(subject, amounts.flood, size)
    cpu = await subject.cpu() - cpu
    began = pushed[0][1]
    last = max(arrived["at"].values(), default=began)
    figures = throughput(began, last, amounts.flood, cpu) | correctness(amounts.flood, arrived)
    acks = [acked - sent for _, sent, acked in pushed]
    figures |= latencies(acks, "busy_ack")
    count = int(amounts.paced_s * RATES[size]) * size
    pushed, arrived = await _push(subject, count, size, RATES[size])
    for name, value in correctness(count, arrived).items():
        figures[name] += value
    figures |= latencies([acked - sent for _, sent, acked in pushed], "ack")
    return figures | latencies(_waits(pushed, arrived["at"], size), "latency")


def _waits(
    pushed: Sequence[tuple[int, float, float]], arrived: dict[int, float], size: int
) -> list[float]:
    began = {first: sent for first, sent, _ in pushed}
    start = min(began)
    return [at - began[start + (number - start) // size * size] for number, at in arrived.items()]


async def _push(
    subject: Subject, count: int, size: int, rate: float | None = None
) -> tuple[list[tuple[int, float, float]], dict[str, Any]]:
    """Have `count` messages pushed; when each transaction was, and what arrived."""
    await subject.process.ask("reset")
    pushed = await subject.stub.ask(
        "push",
        url=subject.url,
        token=subject.token,
        rooms=subject.rooms[:ROOMS],
        people=PEOPLE,
        first=subject.numbers(count),
        count=count,
        size=size,
        rate=rate,
    )
    arrived = await subject.process.ask("arrived", count=count)
    return pushed, {**arrived, "at": dict(arrived["at"])}
