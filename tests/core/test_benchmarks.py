"""The benchmarks run and lose nothing; how fast is no test's business."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import plan
from benchmarks.child import ROOT
from benchmarks.ends.arrivals import Arrivals
from benchmarks.entrants.known import BRIDGE, DURABLE_CEILING, ECHO, HEISENBRIDGE, ON_POSTGRESQL
from benchmarks.figures import percentile, summary
from benchmarks.plot import svg
from benchmarks.record import Record
from benchmarks.rows import FAULTS, ROWS, Row
from benchmarks.scale import FULL, TINY

RATE = "to_matrix/50/messages_per_s"
LOST = "to_matrix/50/lost"
MISSING = 2  # a server that an entrant needs


async def bench(out: Path, *options: str) -> tuple[dict[str, Any], str]:
    """What a tiny run writes, and the table that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks", "--tiny", "--out", str(out), *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, progress = await process.communicate()
    if process.returncode == MISSING:
        pytest.skip(progress.decode())
    assert process.returncode == 0, progress.decode() + said.decode()
    return json.loads((out / "results.json").read_text(encoding="utf-8")), said.decode()


@pytest.mark.sqlite
@pytest.mark.timeout(300)
async def test_messages_are_measured_of_everyone_and_none_is_lost(tmp_path: Path) -> None:
    peer = tmp_path / "launch"
    peer.write_text(f'#!/bin/sh\nexec {sys.executable} -m benchmarks.programs.ceiling "$1"\n')
    peer.chmod(0o755)
    named = f"{DURABLE_CEILING},{ECHO},{BRIDGE}"
    parts = ",".join(plan.flow.PARTS)
    document, table = await bench(
        tmp_path, "--entrants", named, "--only", parts, "--peer", f"peer={peer}"
    )
    figures = document["figures"]
    shown = {row.key for row in ROWS if row.key.startswith(("to_matrix/", "to_network/"))}
    assert shown <= set(figures)
    for key in shown:
        assert set(figures[key]) == {DURABLE_CEILING, ECHO, BRIDGE, "peer"}, key
    lost = {key: found for key, found in figures.items() if key.rpartition("/")[2] in FAULTS}
    assert all(not any(one["rounds"]) for found in lost.values() for one in found.values()), lost
    assert len(figures[RATE][BRIDGE]["rounds"]) == document["rounds"] == TINY.rounds
    assert figures[RATE][DURABLE_CEILING]["ratio"]["median"] == 1
    assert set(document["targets"]) >= {RATE}
    assert document["failed"] == []
    assert "IRC→Matrix, 50 channels" in table
    bars = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert len(ET.fromstring(bars)) > len(shown) // 10


@pytest.mark.sqlite
@pytest.mark.timeout(300)
async def test_starts_kills_and_files_are_measured_and_nothing_is_doubled(tmp_path: Path) -> None:
    others = ",".join(name for name in plan.NAMES if name not in plan.flow.PARTS)
    document, _ = await bench(tmp_path, "--entrants", BRIDGE, "--only", others, "--rounds", "1")
    figures = {key: found[BRIDGE]["median"] for key, found in document["figures"].items()}
    assert document["failed"] == []
    for portals in (*TINY.portals, *TINY.portals_alone):
        assert figures[f"start/{portals}/all_joined_s"] > 0
        assert figures[f"start/{portals}/rss_mib"] > 0
    assert figures["restart/without limits/seconds"] > 0
    assert figures["restart/with limits/seconds"] > 0
    for scenario in ("kills/to_network", "kills/to_matrix", "away/to_matrix"):
        assert figures[f"{scenario}/said"] > 0
        assert figures[f"{scenario}/doubled"] == figures[f"{scenario}/reordered"] == 0
    assert figures["kills/to_network/lost"] == figures["away/to_matrix/lost"] == 0
    assert figures["media/to_matrix/lost"] == figures["media/to_network/lost"] == 0


@pytest.mark.sqlite
@pytest.mark.postgres
async def test_the_bridge_takes_part_on_postgresql(tmp_path: Path) -> None:
    options = ("--entrants", ON_POSTGRESQL, "--only", "to_matrix,to_network", "--rounds", "1")
    document, _ = await bench(tmp_path, *options)
    assert document["figures"][LOST][ON_POSTGRESQL]["median"] == 0
    assert document["figures"]["to_network/100/lost"][ON_POSTGRESQL]["median"] == 0


async def test_a_run_that_is_ended_early_shows_what_it_has_and_leaves_no_process(
    tmp_path: Path,
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks", "--tiny", "--entrants", ECHO, "--out", str(tmp_path)),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    await process.stderr.readline()  # the first is through, the next is at work
    process.terminate()
    await process.communicate()
    assert process.returncode == 130
    left = os.listdir(tmp_path)  # noqa: PTH208 (a Path's own would be taken to block)
    assert sorted(left) == ["plot.svg", "results.json"]


@pytest.mark.parametrize(
    ("entrants", "option", "value", "said"),
    [
        (ECHO, "--only", "all", "all: no such name; known: to_matrix"),
        ("bridge,x", "--tiny", "", "x: no such name; known: ceiling"),
        (ECHO, "--peer", "mine", "'mine' is no peer: write --peer NAME=PATH"),
        (HEISENBRIDGE, "--heisenbridge", "/nowhere", "There is no heisenbridge: /nowhere is"),
    ],
)
async def test_what_cannot_be_measured_is_said(
    entrants: str, option: str, value: str, said: str, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks", "--out", str(tmp_path), "--entrants", entrants),
        *filter(None, (option, value)),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == MISSING
    assert said in errors.decode()


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(place) for place in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50.0, 99.0)
    assert percentile([7.0], 0.99) == 7.0


def test_ratios_are_to_the_ceiling_of_the_same_round_and_never_of_counts() -> None:
    measured = {
        "top": {0: {RATE: 1000.0, LOST: 1.0}, 1: {RATE: 100.0, LOST: 1.0}, 2: {RATE: 10.0}},
        "one": {0: {RATE: 500.0, LOST: 3.0}, 1: {RATE: 25.0, LOST: 0.0}, 2: {RATE: 1.0}},
    }
    found = summary(measured, "top", tuple(FAULTS))
    assert found[RATE]["one"]["ratio"]["rounds"] == [0.5, 0.25, 0.1]
    assert found[RATE]["one"]["ratio"]["median"] == 0.25
    assert {name: found[RATE]["one"][name] for name in ("median", "lowest", "highest")} == {
        "median": 25.0,
        "lowest": 1.0,
        "highest": 500.0,
    }
    assert found[LOST]["one"]["median"] == 1.5
    assert "ratio" not in found[LOST]["one"]


def test_a_round_that_failed_leaves_the_others_compared_with_their_own() -> None:
    measured = {"top": {0: {RATE: 1000.0}, 1: {RATE: 100.0}}, "one": {1: {RATE: 50.0}}}
    assert summary(measured, "top", ())[RATE]["one"]["ratio"]["rounds"] == [0.5]


@pytest.mark.parametrize(
    ("value", "ratio", "verdict"),
    [
        (4000, 0.01, "met"),
        (3999, 0.2, "met: 0.2 of ceiling"),
        (1000, 0.05, "missed 2.0x"),
        (1000, None, "missed 4.0x"),
    ],
)
def test_a_rate_is_met_by_its_value_or_by_its_ratio(
    value: float, ratio: float | None, verdict: str
) -> None:
    row = Row(RATE, "", 4000, 0.1, up=True)
    found = {"median": value} | ({} if ratio is None else {"ratio": {"median": ratio}})
    assert row.verdict(found) == verdict


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [(2, 2, "met"), (2, 3, "missed 1.5x"), (0, 0, "met"), (0, 7, "missed by 7"), (None, 1, "")],
)
def test_a_cost_is_met_where_it_is_not_exceeded(
    target: float | None, value: float, verdict: str
) -> None:
    assert Row(LOST, "", target).verdict({"median": value}) == verdict


def test_what_many_portals_cost_is_beyond_one_portal_in_the_same_round() -> None:
    record = Record()
    record.add(BRIDGE, 0, {"start/1/first_message_s": 0.5, "start/1/rss_mib": 50.0})
    record.add(BRIDGE, 0, {"start/100000/first_message_s": 2.0, "start/100000/rss_mib": 80.0})
    figures = record.document(rounds=1)["figures"]
    assert figures["start/100000/more_s"][BRIDGE]["median"] == 1.5
    assert figures["start/100000/more_mib"][BRIDGE]["median"] == 30.0


def test_a_name_in_the_plot_is_escaped() -> None:
    found = {RATE: {"<&": {"median": 10.0}}}
    texts = [text.text for text in ET.fromstring(svg(found, ["<&"])).iter()]
    assert "<&" in texts


def test_every_row_that_has_a_target_is_measured_by_a_full_run() -> None:
    assert {f"start/{portals}" for portals in (*FULL.portals, *FULL.portals_alone)} == {
        row.key.rpartition("/")[0] for row in ROWS if row.key.startswith("start/")
    }
    assert len({row.key for row in ROWS}) == len(ROWS)


async def test_what_comes_again_or_out_of_order_is_counted() -> None:
    arrivals = Arrivals()
    for number, place in ((1, b"a"), (3, b"a"), (2, b"b"), (2, b"b"), (0, b"a")):
        arrivals.add(number, place)
    assert await arrivals.wait(4, patience=1)
    assert (arrivals.doubled, arrivals.reordered) == (1, 1)
    assert not await arrivals.wait(5, patience=0)
