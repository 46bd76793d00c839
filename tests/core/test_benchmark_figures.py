"""Figures, their table and plot, and the course of a run: without a bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import table
from benchmarks.course import Course
from benchmarks.ends.arrivals import Arrivals
from benchmarks.entrants import databases
from benchmarks.entrants.known import BRIDGE, DEFAULT, DURABLE_CEILING
from benchmarks.entrants.setting import Entrant, Program, Setting
from benchmarks.figures import Figures, percentile, summary
from benchmarks.plan import Measure, Step, Turns
from benchmarks.plot import svg
from benchmarks.record import Record
from benchmarks.rows import FAULTS, Row, rows
from benchmarks.scale import FULL, QUICK, SCALES, TINY, Scale

RATE = "to_matrix/50/messages_per_s"
LOST = "to_matrix/50/lost"


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
    found = {"median": value, "highest": value}
    for key in (LOST, "start/1/rss_mib"):
        assert Row(key, "", target).verdict(found) == verdict


def test_of_faults_the_worst_round_counts(capsys: pytest.CaptureFixture[str]) -> None:
    record = Record(FULL)
    lost = "kills/to_network/lost"
    for round_, count in enumerate((0, 0, 0, 17, 931)):
        record.add(BRIDGE, round_, {lost: count})
    document = record.document(rounds=5, scale="full", seconds=1.0)
    assert document["targets"][lost]["verdict"] == "missed by 931"
    table.show(document, [BRIDGE])
    row = next(line for line in capsys.readouterr().out.splitlines() if "kill -9" in line)
    assert row.split()[-3:] == ["931", "0", "931"]


def test_what_many_portals_cost_is_beyond_one_portal_in_the_same_round() -> None:
    record = Record(FULL)
    record.add(BRIDGE, 0, {"start/1/first_message_s": 0.5, "start/1/rss_mib": 50.0})
    record.add(BRIDGE, 0, {"start/100000/first_message_s": 2.0, "start/100000/rss_mib": 80.0})
    figures = record.document(rounds=1)["figures"]
    assert figures["start/100000/more_s"][BRIDGE]["median"] == 1.5
    assert figures["start/100000/more_mib"][BRIDGE]["median"] == 30.0


def test_a_name_in_the_plot_is_escaped() -> None:
    found = {RATE: {"<&": {"median": 10.0, "lowest": 9.0, "highest": 11.0}}}
    document = {"figures": found, "scale": "tiny", "rounds": 1}
    texts = [text.text for text in ET.fromstring(svg(document, ["<&"])).iter()]
    assert "<&" in texts


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_labels_say_what_was_done_at_that_scale(scale: Scale) -> None:
    labels = {row.key: row.label for row in rows(scale)}
    assert len(labels) == len(rows(scale))
    for key, said in (
        ("to_matrix/50/messages_per_s", f"{scale.channels} channels"),
        ("kills/to_network/lost", f"kill -9 x{scale.kills}"),
        ("away/to_matrix/lost", f"away {scale.away:g} s"),
        ("restart/without limits/seconds", f"{scale.connected} people"),
        ("media/to_matrix/rss_growth_mib", f"{scale.file_mib} MiB"),
    ):
        assert said in labels[key]


def test_a_target_for_so_many_is_none_for_fewer() -> None:
    def target(scale: Scale) -> float | None:
        key = "restart/without limits/seconds"
        return next(row.target for row in rows(scale) if row.key == key)

    assert (target(FULL), target(QUICK)) == (1.5, None)


def test_the_table_of_a_full_run_fits_a_hundred_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = {}
    for row in rows(FULL):
        value = 1247.0 if row.target is None else row.target * 12.3
        spread = {"median": value, "lowest": 1.0, "highest": 2 * value, "rounds": [1.0, 2.0]}
        figures[row.key] = dict.fromkeys(DEFAULT, spread | {"ratio": {"median": 0.0567}})
    about = {"scale": "full", "rounds": 5, "seconds": 1.0, "took": {}, "failed": []}
    table.show({"figures": figures, "ceiling": DURABLE_CEILING, **about}, DEFAULT)
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= 100
    assert "ratio" in said[1]
    assert not any("…" in line for line in said)


def test_what_was_not_reached_in_time_is_told_from_what_was_not_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    value = {"median": 7.0, "lowest": 7.0, "highest": 7.0, "rounds": [7.0]}
    figures = {"start/1/first_message_s": {BRIDGE: value}, "start/1/rss_mib": {"slow": value}}
    about = {"scale": "tiny", "rounds": 1, "seconds": 1.0, "took": {}, "failed": []}
    names = ["slow", BRIDGE, "other"]
    table.show({"figures": figures, "ceiling": DURABLE_CEILING, **about}, names)
    said = capsys.readouterr().out
    row = next(line for line in said.splitlines() if "start, 1" in line)
    assert row.split()[-5:] == ["s", "-", "7", "1", "7.0x"]
    assert "other" not in said


def some(name: str, measure: Measure, turns: Turns = Turns.ONE) -> Step:
    return Step(name, measure, lambda _: True, 1.0, turns, essential="x/first")


async def run_of(step: Step, tmp_path: Path, rounds: int) -> Record:
    record = Record(TINY)
    entrants = [Program("quick", ()), Program("slow", ())]
    await Course([step], entrants, rounds, tmp_path, record).run()
    return record


async def test_who_does_not_get_there_in_time_is_asked_once(tmp_path: Path) -> None:
    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del work, round_
        return {"x/rss_mib": 1.0} | ({"x/first": 1.0} if entrant.name == "quick" else {})

    record = await run_of(some("start", measure), tmp_path, rounds=3)
    assert {name: list(rounds) for name, rounds in record.measured.items()} == {
        "quick": [0, 1, 2],
        "slow": [0],
    }
    assert set(record.took) == {"start"}


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

    record = await run_of(some("away", measure, turns), tmp_path, rounds=3)
    assert begun == [(number, name) for number in range(3) for name in ("quick", "slow")]
    assert {name: len(rounds) for name, rounds in record.measured.items()} == {
        "quick": 3,
        "slow": 3,
    }


async def test_a_run_says_at_its_start_how_long_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measure(entrant: Entrant, work: Path, round_: int) -> Figures:
        del entrant, work, round_
        return {"x/first": 1.0}

    await run_of(some("turns", measure), tmp_path, rounds=30)
    assert capsys.readouterr().err.startswith("About 1.0 min where nothing else runs (turns 1.0)")
    await run_of(some("two at once", measure, Turns.ROUND), tmp_path, rounds=30)
    assert capsys.readouterr().err.startswith("About 0.5 min")
    await run_of(some("all at once", measure, Turns.ALL), tmp_path, rounds=30)
    assert capsys.readouterr().err.startswith("About 0.0 min")


async def test_a_database_is_seeded_once_and_everybody_gets_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded = []

    async def seed(url: str, setting: Setting) -> None:
        del setting
        seeded.append(url)
        with open(url.removeprefix("sqlite:///"), "w", encoding="utf-8") as template:  # noqa: ASYNC230, PTH123 (a few bytes)
            await asyncio.sleep(0)  # whoever else wants it takes it half-made
            template.write("seeded")

    async def at_once(copy: Callable[..., object], *paths: Path) -> None:
        copy(*paths)

    monkeypatch.setattr(databases, "_seed", seed)
    monkeypatch.setattr(asyncio, "to_thread", at_once)
    files = databases.Files(tmp_path)
    places = [tmp_path / name for name in "ab"]
    for place in places:
        place.mkdir()
    await asyncio.gather(*(files.copy(Setting(place, "", 0, 0, 1, 1)) for place in places))
    assert len(seeded) == 1
    assert [(place / "bridge.db").read_text("utf-8") for place in places] == ["seeded", "seeded"]


async def test_what_comes_again_or_out_of_order_is_counted() -> None:
    arrivals = Arrivals()
    for number, place in ((1, b"a"), (3, b"a"), (2, b"b"), (2, b"b"), (0, b"a")):
        arrivals.add(number, place)
    assert await arrivals.wait(4, patience=1)
    assert (arrivals.doubled, arrivals.reordered) == (1, 1)
    assert not await arrivals.wait(5, patience=0)
