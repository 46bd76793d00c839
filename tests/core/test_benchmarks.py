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
from benchmarks.entrants.known import BRIDGE, DURABLE_CEILING, ECHO, HEISENBRIDGE, ON_POSTGRESQL
from benchmarks.rows import FAULTS, rows
from benchmarks.scale import TINY
from benchmarks.scenarios import flow

RATE = "to_matrix/50/messages_per_s"
LOST = "to_matrix/50/lost"
MISSING = 2  # a server that an entrant needs


async def bench(out: Path, *options: str) -> tuple[dict[str, Any], str]:
    """What a tiny run writes, and the table that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks", "--tiny", "--seed", "0", "--out", str(out), *options),
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
@pytest.mark.timeout(900)
async def test_messages_are_measured_of_everyone_and_none_is_lost(tmp_path: Path) -> None:
    peer = tmp_path / "launch"
    peer.write_text(f'#!/bin/sh\nexec {sys.executable} -m benchmarks.programs.ceiling "$1"\n')
    peer.chmod(0o755)
    named = f"{DURABLE_CEILING},{ECHO},{BRIDGE}"
    parts = ",".join(flow.PARTS)
    document, said = await bench(
        tmp_path, "--entrants", named, "--only", parts, "--peer", f"peer={peer}"
    )
    figures = document["figures"]
    shown = {row.key for row in rows(TINY) if row.key.startswith(("to_matrix/", "to_network/"))}
    assert shown <= set(figures)
    for key in shown:
        assert set(figures[key]) == {DURABLE_CEILING, ECHO, BRIDGE, "peer"}, key
    lost = {key: found for key, found in figures.items() if key.rpartition("/")[2] in FAULTS}
    assert all(not any(one["rounds"]) for found in lost.values() for one in found.values()), lost
    assert len(figures[RATE][BRIDGE]["rounds"]) == document["rounds"] == TINY.rounds
    assert figures[RATE][DURABLE_CEILING]["ratio"]["median"] == 1
    assert set(document["targets"]) >= {RATE}
    assert document["failed"] == []
    assert f"IRC→Matrix, {TINY.channels} channels" in said
    assert set(document["took"]) == {"messages"}
    bars = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert len(ET.fromstring(bars)) > len(shown) // 10


@pytest.mark.sqlite
@pytest.mark.timeout(900)
async def test_starts_kills_and_files_are_measured_and_nothing_is_doubled(tmp_path: Path) -> None:
    others = ",".join(name for name in plan.NAMES if name not in flow.PARTS)
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
    for direction in ("to_matrix", "to_network"):
        assert figures[f"encrypted/{direction}/messages_per_s"] > 0
        assert not any(figures[f"encrypted/{direction}/{fault}"] for fault in FAULTS)
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
    while b", round 1 of " not in await process.stderr.readline():
        pass  # how long it will take; then the first is through, and the next is at work
    process.terminate()
    await process.communicate()
    assert process.returncode == 130
    left = os.listdir(tmp_path)  # noqa: PTH208 (a Path's own would be taken to block)
    assert sorted(left) == ["broken-off.json", "broken-off.svg"]


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
