"""A peer that carries messages wrongly is found out, and the table says so."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.entrants.known import CEILING
from benchmarks.rows import FAULTS
from tests.core.test_benchmarks import bench

MODULE = "tests.core.faulty_peer"


async def test_whoever_loses_doubles_swaps_or_misdelivers_has_it_in_the_table(
    tmp_path: Path,
) -> None:
    peer = tmp_path / "launch"
    peer.write_text(f'#!/bin/sh\nexec {sys.executable} -m {MODULE} "$1"\n')
    peer.chmod(0o755)
    options = ("--only", "to_matrix,ack", "--entrants", CEILING, "--rounds", "1")
    document, said = await bench(tmp_path, *options, "--peer", f"faulty={peer}")
    # A tenth each is lost, doubled and swapped; three tenths go astray, which are lost as well.
    expected = {"lost": 4, "doubled": 1, "reordered": 1, "misdelivered": 3}
    for key, tenth, echoed in (("to_matrix/50", 3, 3), ("to_network/burst", 30, 0)):
        for fault in FAULTS:
            found = document["figures"][f"{key}/{fault}"]
            assert found[CEILING]["rounds"] == [0]
            wrong = echoed if fault == "echoed" else expected[fault] * tenth
            assert found["faulty"]["rounds"] == [wrong], (key, fault)
    rows = [tuple(line.split()[:3]) for line in said.splitlines() if line.startswith("  ")]
    for row in (("lost", "0", "12"), ("misdelivered", "0", "9"), ("echoed", "0", "3")):
        assert row in rows, said
    assert ("misdelivered", "0", "90") in rows, said
    assert (tmp_path / "0-0-faulty.log").exists()
