"""The profile of the hot path: what a message costs, and where."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from benchmarks import usage
from benchmarks.child import ROOT
from benchmarks.hot_path import DATABASE, MAIN, PHASES, summary


def test_what_was_gathered_is_told_by_message() -> None:
    gathered = [
        ["bridgekit.store.writer:Writer.write", "bridgekit.store.writer:Writer.write", 30_000],
        ["json.encoder:JSONEncoder.encode", "bridgekit.codec:dump", 20_000],
        ["json.encoder:JSONEncoder.encode", "bridgekit.codec:load", 10_000],
        ["selectors:EpollSelector.select", "", 40_000],
        ["abc:nothing", "", 10],
    ]
    statements = [["commit", 2, 30_000], ["insert part", 10, 5_000], ["select job", 1, 100]]
    threads = {MAIN: 100_010, "database_0": 50_000}
    page = {"threads": threads, "gathered": gathered, "statements": statements}
    found = summary(page, 10)
    assert found == {
        "messages": 10,
        "threads": {MAIN: 10.0, "database_0": 5.0},
        "packages": {"selectors": 4.0, "bridgekit.store": 3.0, "json": 3.0},
        "modules": {"(the loop)": 4.0, "bridgekit.store.writer": 3.0, "bridgekit.codec": 3.0},
        "functions": {
            "selectors:EpollSelector.select": 4.0,
            "bridgekit.store.writer:Writer.write": 3.0,
            "json.encoder:JSONEncoder.encode": 3.0,
        },
        "database": {"commit": 3.0, "insert part": 0.5},
        "often": {"commit": 0.2, "insert part": 1.0},
        "seen": {MAIN: 10.0, DATABASE: 3.51},
    }


@pytest.mark.sqlite
@pytest.mark.timeout(300)
async def test_the_profile_says_where_each_microsecond_goes(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks", "--tiny", "--profile", "--out", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await process.communicate()
    assert process.returncode == 0, errors.decode() + said.decode()
    profile = json.loads((tmp_path / "profile.json").read_text("utf-8"))
    assert list(profile) == list(PHASES)
    for name, found in profile.items():
        assert f"{name}: " in said.decode()
        main = found["threads"][MAIN]
        assert found["seen"][MAIN] <= 1.01 * main
        for by in ("packages", "modules", "functions"):
            assert sum(found[by].values()) <= 1.01 * found["seen"][MAIN]
        # Written ahead, so part of what is measured: a network that recognises sends needs none.
        if PHASES[name].direction == "to_network":
            assert found["often"]["insert part"] >= 1, name
        assert {"commit", "insert outcome"} <= set(found["often"])
    # Not the whole: what was after the last sample, and what is between statements.
    for thread, least in ((MAIN, 0.7), (DATABASE, 0.3)):
        spent = [
            us
            for found in profile.values()
            for name, us in found["threads"].items()
            if (name == MAIN) == (thread == MAIN)
        ]
        assert sum(found["seen"][thread] for found in profile.values()) >= least * sum(spent)
    every = {name for found in profile.values() for name in found["modules"]}
    assert any(name.startswith("bridgekit.") for name in every)


async def test_processor_time_is_finer_than_a_hundredth_of_a_second() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "while True: pass", stdout=asyncio.subprocess.DEVNULL
    )
    try:
        seen = set()
        end = time.monotonic() + 60
        while len(seen) < 3 and time.monotonic() < end:
            seen.add(usage.cpu_s(process.pid))
            await asyncio.sleep(0.001)
        assert len(seen) == 3
        assert any(round(spent, 2) != round(spent, 6) for spent in seen)
    finally:
        process.kill()
        await process.wait()
