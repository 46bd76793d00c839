"""docs/benchmarks.md says what the benchmarks do: options, entrants, parts, and what to reach."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import plan
from benchmarks.__main__ import options_of
from benchmarks.entrants.heisenbridge import PROGRAM, Heisenbridge
from benchmarks.entrants.known import NAMES
from benchmarks.entrants.setting import Setting
from benchmarks.rows import FAULTS, rows
from benchmarks.scale import FULL

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the table that begins with that line."""
    lines = PAGE[PAGE.index(heading) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_option_is_in_the_table() -> None:
    parser = options_of()
    options = {name for action in parser._actions for name in action.option_strings}
    written = [name for cell, _ in table("| option |") for name in re.findall(r"--\w+", cell)]
    assert sorted(written) == sorted(options - {"-h", "--help"})
    assert f"{FULL.rounds} unless told otherwise" in PAGE


def test_every_part_and_every_entrant_is_explained() -> None:
    only = next(said for cell, said in table("| option |") if "--only" in cell)
    assert re.findall(r"`(\w+)`", only) == list(plan.NAMES)
    for name in plan.NAMES:
        assert f"**`{name}`**" in PAGE
    assert [cell.strip("`") for cell, _ in table("| entrant |")] == list(NAMES)


def test_what_is_to_be_reached_is_what_a_run_is_held_to() -> None:
    held = [row for row in rows(FULL) if row.target is not None]
    of_faults = [row for row in held if row.key.rpartition("/")[2] in FAULTS]
    assert {row.target for row in of_faults} == {0}
    assert [row.key for row in rows(FULL) if row.key.endswith("/lost") and row.target is None] == [
        "kills/to_matrix/lost"
    ]
    assert table("| key |") == [
        [f"`{row.key}`", f"{row.target:g}", "" if row.ratio is None else f"{row.ratio:g}"]
        for row in held
        if row not in of_faults
    ]


@pytest.mark.parametrize("limits", [False, True])
async def test_heisenbridge_is_always_without_its_flood_control(
    limits: bool,  # noqa: FBT001 (a parameter of the test)
    tmp_path: Path,
) -> None:
    """It is nowhere measured with it: who relays has nobody to bring back."""
    setting = Setting(tmp_path, "http://127.0.0.1:1", 2, 3, 51, 20, limits=limits)
    start = await Heisenbridge("python").prepare(setting)
    assert start.command[:2] == ("python", str(PROGRAM))
    rooms = [path for path in start.kept if path.endswith("/account_data/irc")]
    inside = start.kept["/rooms/!c50:example.org/joined_members"]["joined"]
    assert len(inside) == 1 + 20
    assert "@irc_net1_p19:example.org" in inside  # as the bridge's ghosts in its databases
    assert len(rooms) == 1 + 2 + 51  # its own, two networks of fifty at most, and the channels
    assert (tmp_path / "registration.yaml").exists()
