"""The benchmarks run and lose nothing; how fast is no test's business."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import compared, latencies, throughput
from benchmarks.traffic import Arrivals, lines, number_in

ROOT = Path(__file__).parents[2]
FAULTS = ("lost", "doubled", "reordered")


def subjects(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Everything that was measured, with its name."""
    for scenario in ("to_matrix", "to_network", "start"):
        for row, measured in document[scenario].items():
            for subject, figures in measured.items():
                if subject != "ratio":
                    yield f"{scenario}, {row}, {subject}", figures


async def test_a_quick_run_measures_everything_and_loses_nothing() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks", "--quick"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, progress = await process.communicate()
    assert process.returncode == 0, progress.decode()
    document = json.loads(said)
    assert document["quick"] is True
    assert set(document["to_matrix"]) == {"10 chats", "1 hot chat"}
    assert set(document["to_network"]) == {f"transactions of {size}" for size in (1, 10, 100)}
    assert set(document["start"]) == {"1 portals", "20 portals", "50 open jobs"}
    for direction in ("to_matrix", "to_network"):
        assert document["media"][direction]["bridge"]["lost"] == 0
    measured = dict(subjects(document))
    assert len(measured) == 5 * 3 + 2 * 2 + 1
    faults = {
        name: {fault: figures[fault] for fault in FAULTS}
        for name, figures in measured.items()
        if any(figures[fault] for fault in FAULTS)
    }
    assert faults == {}
    for row in (*document["to_matrix"].values(), *document["to_network"].values()):
        assert set(row["ratio"]) == {"bridge to bare", "bridge to bare+sync"}
        assert {"messages_per_s", "cpu_s_per_10000", "latency_p50_ms"} <= set(row["bridge"])


def test_percentiles_are_of_the_sorted_values() -> None:
    seconds = [place / 1000 for place in range(100, 0, -1)]
    assert latencies(seconds, "ack") == {"ack_p50_ms": 50.0, "ack_p99_ms": 99.0}
    assert latencies([], "ack") == {}


def test_ratios_are_of_what_both_have_and_never_of_faults() -> None:
    bare = throughput(10.0, 11.0, 1000, cpu_s=0.1) | {"lost": 2, "own": 1}
    bridge = throughput(10.0, 12.0, 1000, cpu_s=0.5) | {"lost": 1}
    ratio = compared({"bare": bare, "bridge": bridge})["ratio"]
    assert ratio == {"bridge to bare": {"messages_per_s": 0.5, "cpu_s_per_10000": 5.0}}


async def test_what_comes_again_or_out_of_order_is_counted() -> None:
    arrivals = Arrivals()
    for number, chat in ((1, "a"), (3, "a"), (2, "b"), (2, "b"), (0, "a")):
        arrivals.add(number, chat)
    arrived = await arrivals.wait(4)
    assert (arrived["doubled"], arrived["reordered"]) == (1, 1)


@pytest.mark.parametrize("first", [0, 70])
def test_lines_are_numbered_and_known_again(first: int) -> None:
    said = list(lines(first, 5, chats=3, people=2))
    assert [number_in(line.text) for line in said] == list(range(first, first + 5))
    assert len({line.chat for line in said}) == 3
    assert len({line.person for line in said}) == 2
