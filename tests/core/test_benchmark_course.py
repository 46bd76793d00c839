"""The course of a benchmark's run: whose turn it is, and what is left when something fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks import __main__ as run
from benchmarks import plan
from benchmarks.course import Course
from benchmarks.entrants import known
from benchmarks.entrants.known import BRIDGE, ECHO, ON_POSTGRESQL, MissingError, entrants
from benchmarks.entrants.setting import Entrant, Program
from benchmarks.figures import Figures
from benchmarks.plan import Measure, Step, Turns
from benchmarks.record import Record
from benchmarks.rows import rows
from benchmarks.running import World
from benchmarks.scale import FULL, TINY
from benchmarks.scenarios import flow, real, safety
from bridgekit.testing.servers import ServerMissing

RATE = "to_matrix/50/messages_per_s"
LOST = "to_matrix/50/lost"


def some(name: str, measure: Measure, turns: Turns = Turns.ONE) -> Step:
    return Step(name, ("x/",), measure, lambda _: True, 1.0, turns, essential="x/first")


async def run_of(step: Step, tmp_path: Path, rounds: int, *names: str) -> Record:
    record = Record(TINY)
    found = [Program(name, ()) for name in names or ("quick", "slow")]
    await Course([step], found, rounds, tmp_path, record).run()
    return record


async def test_who_does_not_get_there_in_time_is_asked_once(tmp_path: Path) -> None:
    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del work, round_
        return {"x/rss_mib": 1.0} | ({"x/first": 1.0} if entrant.name == "quick" else {})

    record = await run_of(some("start", measure), tmp_path, 3)
    assert {name: list(rounds) for name, rounds in record.measured.items()} == {
        "quick": [0, 1, 2],
        "slow": [0],
    }
    assert set(record.took) == {"start"}
    assert record.failed == []


async def test_one_of_ours_that_does_not_get_there_has_failed_and_its_log_is_kept(
    tmp_path: Path,
) -> None:
    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del entrant
        work.mkdir(parents=True)  # noqa: ASYNC240 (nothing else runs)
        (work / "entrant.log").write_text("why")
        return {"x/rss_mib": 1.0} | ({"x/first": 1.0} if round_ < 1 else {})

    (tmp_path / "run").mkdir()
    record = await run_of(some("start", measure), tmp_path / "run", 3, BRIDGE, "other")
    assert record.failed == ["bridge: start, round 2: x/first was not reached in time"]
    assert sorted(record.measured[BRIDGE]) == [0, 1]
    assert (tmp_path / "0-1-bridge.log").read_text("utf-8") == "why"


def test_who_brings_nobody_back_does_not_get_there() -> None:
    for step in plan.steps(["restart"], FULL, seed=0):
        assert step.essential in {row.key for row in rows(FULL) if row.target is not None}


@pytest.mark.parametrize(
    ("name", "figures", "failed", "code"),
    [
        (BRIDGE, {LOST: 0.0}, [], 0),
        (BRIDGE, {LOST: 17.0}, [], 1),
        (ON_POSTGRESQL, {LOST: 17.0}, [], 1),
        (BRIDGE, {RATE: 1.0}, [], 0),  # targets are a matter of the table
        (BRIDGE, {}, ["bridge: start, round 1: gone"], 1),
        (ECHO, {LOST: 17.0}, ["bridge-of-others: start, round 1: gone"], 0),
    ],
)
def test_a_run_fails_with_any_fault_of_ours(
    name: str,
    figures: Figures,
    failed: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Done(Course):
        async def run(self) -> None:
            self.record.failed += failed
            for round_ in range(2):
                self.record.add(name, round_, {key: v * round_ for key, v in figures.items()})

    monkeypatch.setattr(run, "Course", Done)
    out = ["--out", str(tmp_path), "--tiny", "--entrants", ECHO]
    assert run.measure(run.options_of().parse_args(out), tmp_path) == code


@pytest.mark.parametrize(("turns", "most"), [(Turns.ONE, 1), (Turns.ROUND, 2), (Turns.ALL, 6)])
async def test_so_many_have_their_turn_at_once(turns: Turns, most: int, tmp_path: Path) -> None:
    together = asyncio.Barrier(most)
    begun: list[tuple[int, str]] = []

    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del work
        begun.append((round_, entrant.name))
        await together.wait()
        await asyncio.sleep(0)  # whoever would be next too early
        assert len(begun) % most == 0
        return {"x/first": 1.0}

    record = await run_of(some("away", measure, turns), tmp_path, 3)
    assert begun == [
        *((0, "quick"), (0, "slow")),
        *((1, "slow"), (1, "quick")),  # each round begins with another
        *((2, "quick"), (2, "slow")),
    ]
    assert {name: len(rounds) for name, rounds in record.measured.items()} == {
        "quick": 3,
        "slow": 3,
    }
    assert record.failed == []


async def test_a_run_says_at_its_start_how_long_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del entrant, work, round_
        return {"x/first": 1.0}

    await run_of(some("turns", measure), tmp_path, 30)
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["About 1.0 min where nothing else runs:", "   1.0 min  turns"]
    await run_of(some("two at once", measure, Turns.ROUND), tmp_path, 30)
    assert capsys.readouterr().err.startswith("About 0.5 min")
    await run_of(some("all at once", measure, Turns.ALL), tmp_path, 30)
    assert capsys.readouterr().err.startswith("About 0.0 min")


@pytest.mark.parametrize("turns", Turns)
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("gone"),
        ServerMissing("gone"),
        KeyError("gone"),
        ExceptionGroup("gone", [ValueError()]),
    ],
)
async def test_whoever_fails_takes_nothing_from_the_others(
    error: Exception, turns: Turns, tmp_path: Path
) -> None:
    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del work
        await asyncio.sleep(0)
        if entrant.name == BRIDGE and round_ == 1:
            raise error
        return {"x/first": 1.0}

    record = await run_of(some("away", measure, turns), tmp_path, 3, BRIDGE, "other")
    assert sorted(record.measured[BRIDGE]) == [0, 2]
    assert sorted(record.measured["other"]) == [0, 1, 2]
    (failure,) = record.failed
    assert failure.startswith("bridge: away, round 2: ")
    assert "gone" in failure
    assert record.asked == {"x/"}


def test_who_is_not_installed_is_left_out_unless_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*, durable: bool, place: Path) -> None:
        assert (durable, place) == (True, tmp_path)  # its files are under --out
        raise ServerMissing("There is no PostgreSQL here.")

    monkeypatch.setattr(known, "postgres", missing)
    monkeypatch.setattr(known, "INSTALLED", tmp_path / "nowhere")
    with entrants([], tmp_path, "", []) as (found, left_out):
        assert [entrant.name for entrant in found] == [
            name for name in known.DEFAULT if name not in (known.HEISENBRIDGE, ON_POSTGRESQL)
        ]
        assert [line.partition(":")[0] for line in left_out] == [
            "heisenbridge is left out",
            "bridge-postgresql is left out",
        ]
    for name in (known.HEISENBRIDGE, ON_POSTGRESQL):
        with pytest.raises(MissingError), entrants([name], tmp_path, "", []):
            pass


async def test_synapse_is_measured_with_its_database_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synapse(workdir: Path, *_: object, durable: bool, **__: object) -> None:
        assert durable
        assert workdir.is_relative_to(tmp_path)
        raise ServerMissing("There is no Synapse here.")

    monkeypatch.setattr(real, "synapse", synapse)
    with pytest.raises(ServerMissing):
        await real.measure(Program(ECHO, ()), tmp_path / "work", TINY)


async def test_the_moments_of_kills_follow_from_the_seed_and_the_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    async def kills(entrant: Entrant, folder: Path, scale: object, seed: int) -> Figures:
        del entrant, folder, scale
        seeds.append(seed)
        return {}

    monkeypatch.setattr(safety, "kills", kills)
    (step,) = plan.steps(["kills"], FULL, seed=20)
    for round_ in range(3):
        await step.measure(Program("one", ()), tmp_path, round_)
    assert seeds == [20, 21, 22]


@pytest.mark.parametrize("part", flow.PARTS)
async def test_the_keys_of_a_part_are_those_of_its_figures(part: str) -> None:
    class Ends:
        async def ask(self, order: str, **amount: Any) -> Any:
            del order
            count = amount["count"]
            faults = dict.fromkeys(("doubled", "reordered", "misdelivered", "echoed"), 0)
            waits = {"waits": [0.1], "acks": [0.1], "seconds": 1.0}
            return {"said": count, "arrived": count, **faults, **waits}

    class Place:
        ends = Ends()
        entrant = SimpleNamespace(cpu=lambda: 0.0)

    measured = flow._Flow(cast("World", Place()), TINY)
    await flow.PARTS[part](measured)
    keys = plan.OF_MESSAGES[part]
    assert all(key.startswith(keys) for key in measured.figures)
    assert all(any(key.startswith(begun) for key in measured.figures) for begun in keys)


def test_each_figure_that_has_a_target_is_of_one_step() -> None:
    steps = plan.steps(plan.NAMES, FULL, seed=0)
    for row in (row for row in rows(FULL) if row.target is not None):
        assert len([step for step in steps if row.key.startswith(step.keys)]) == 1, row.key
