"""Network to Matrix: from `receive` on the network's side to the event at the homeserver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Figures, compared, correctness, latencies, throughput
from benchmarks.subjects import Subject

PEOPLE = 20
WINDOW = 100
RATE = 50.0


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many messages are said as fast as possible, and how many at `RATE`."""

    flood: int
    paced: int


async def measure(subjects: Sequence[Subject], chats: int, amounts: Amounts) -> dict[str, Any]:
    """Each subject in turn, with `PEOPLE` people in `chats` chats."""
    return compared({one.name: await _measure(one, chats, amounts) for one in subjects})


async def _measure(subject: Subject, chats: int, amounts: Amounts) -> Figures:
    await _say(subject, "flood", 100, chats, window=WINDOW)  # everybody has joined everywhere
    cpu = await subject.cpu()
    began, arrived = await _say(subject, "flood", amounts.flood, chats, window=WINDOW)
    cpu = await subject.cpu() - cpu
    last = max(arrived["at"].values(), default=began[0])
    figures = throughput(began[0], last, amounts.flood, cpu) | correctness(amounts.flood, arrived)
    began, arrived = await _say(subject, "paced", amounts.paced, chats, rate=RATE)
    first = subject.number - amounts.paced
    waits = [at - began[number - first] for number, at in arrived["at"].items()]
    for name, value in correctness(amounts.paced, arrived).items():
        figures[name] += value
    return figures | latencies(waits, "latency")


async def _say(
    subject: Subject, how: str, count: int, chats: int, **options: float
) -> tuple[list[float], dict[str, Any]]:
    """Have `count` messages said; when each was, and what arrived."""
    first = subject.numbers(count)
    await subject.stub.ask("reset")
    began = await subject.process.ask(
        how, first=first, count=count, chats=chats, people=PEOPLE, **options
    )
    arrived = await subject.stub.ask("arrived", count=count)
    return began, {**arrived, "at": dict(arrived["at"])}
