"""Figures, their tables and plot: without a bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import table
from benchmarks.entrants import databases
from benchmarks.entrants.known import BRIDGE, DEFAULT, DURABLE_CEILING, ECHO, ON_POSTGRESQL
from benchmarks.entrants.setting import Setting
from benchmarks.figures import Figures, percentile, summary
from benchmarks.plot import _target, svg
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
    found = summary(measured, lambda _: "top", tuple(FAULTS))
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
    assert summary(measured, lambda _: "top", ())[RATE]["one"]["ratio"]["rounds"] == [0.5]


@pytest.mark.parametrize(
    ("value", "ratio", "verdict"),
    [
        (9000, 0.05, "missed 2.0x"),  # a fast machine
        (1000, 0.1, "met"),  # a slow one
        (9000, None, "no ratio"),
    ],
)
@pytest.mark.parametrize("up", [True, False])
def test_where_there_is_a_ratio_it_alone_decides(
    value: float, ratio: float | None, verdict: str, *, up: bool
) -> None:
    row = Row(RATE, "", 4000, 0.1, up=up)
    if not up and ratio is not None:
        value, ratio = 4000**2 / value, 0.01 / ratio
    compared = {} if ratio is None else {"ratio": {"median": ratio, "rounds": [ratio]}}
    assert row.verdict({"median": value, "rounds": [value]} | compared) == verdict


def test_processor_time_is_compared_with_the_echo_and_all_else_with_the_durable_ceiling() -> None:
    record = Record(FULL)
    cpu = "to_matrix/50/cpu_s_per_10000"
    for name, rate, seconds in ((DURABLE_CEILING, 30e3, 0.1), (ECHO, 2e3, 8.0), (BRIDGE, 6e3, 4.0)):
        record.add(name, 0, {RATE: rate, cpu: seconds})
    document = record.document(rounds=1)
    assert document["figures"][RATE][BRIDGE]["ratio"]["median"] == 0.2
    assert document["figures"][cpu][BRIDGE]["ratio"]["median"] == 0.5
    assert {document["targets"][key]["verdict"] for key in (RATE, cpu)} == {"met"}


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [(2, 2, "met"), (2, 3, "missed 1.5x"), (0, 0, "met"), (0, 7, "missed by 7"), (None, 1, "")],
)
def test_a_cost_is_met_where_it_is_not_exceeded(
    target: float | None, value: float, verdict: str
) -> None:
    found = {"median": value, "highest": value, "rounds": [value]}
    for key in (LOST, "start/1/rss_mib"):
        assert Row(key, "", target).verdict(found) == verdict


@pytest.mark.parametrize("ratio", [None, 0.5])
def test_what_is_met_in_some_rounds_is_not_plainly_met(
    ratio: float | None, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Row(RATE, "", 1.0, ratio, up=True)
    of_three = {"median": 1.0, "rounds": [1.0] * 3}
    found = of_three if ratio is None else {"median": 9.0, "rounds": [9.0] * 5, "ratio": of_three}
    assert row.verdict(found, 5) == "met in 3 of 5"
    assert row.verdict(found, 3) == "met"
    record = Record(FULL)
    for round_ in range(3):
        record.add(BRIDGE, round_, {"start/10000/first_message_s": 1.0})
    document = shown(record, [BRIDGE])
    assert document["targets"]["start/10000/first_message_s"]["verdict"] == "met in 3 of 5"
    line = next(line for line in capsys.readouterr().out.splitlines() if "start, 10k" in line)
    assert line.split()[-4:] == ["10", "3", "of", "5"]


def test_no_more_may_be_undecided_than_rooms_had_under_way_at_kills() -> None:
    key = "kills/to_network/undecided"
    targets = {name: row.target for name in SCALES for row in rows(SCALES[name]) if row.key == key}
    assert targets == {"full": 30, "quick": 10, "tiny": 3}
    record = Record(FULL)
    for round_, count in enumerate((0, 0, 0, 30, 900)):
        record.add(BRIDGE, round_, {key: count})
    document = record.document(rounds=5)
    assert document["targets"][key]["verdict"] == "missed 30.0x"
    assert document["faults"] == [f"bridge: {key}: 900 where 30 may be"]


def test_faults_of_ours_are_named_on_any_database_and_those_that_are_beyond_reach_are_not() -> None:
    record = Record(FULL)
    figures = {"kills/to_network/lost": 1.0, "kills/to_matrix/lost": 3.0, LOST: 0.0}
    for name in (BRIDGE, ON_POSTGRESQL, ECHO):
        for round_ in range(2):
            record.add(name, round_, {key: value * round_ for key, value in figures.items()})
    assert record.document(rounds=2)["faults"] == [
        f"{name}: kills/to_network/lost: 1 where 0 may be" for name in (BRIDGE, ON_POSTGRESQL)
    ]


def test_of_faults_the_worst_round_counts(capsys: pytest.CaptureFixture[str]) -> None:
    record = Record(FULL)
    lost = "kills/to_network/lost"
    for round_, count in enumerate((0, 0, 0, 17, 931)):
        record.add(BRIDGE, round_, {lost: count})
    document = record.document(rounds=5, scale="full", seconds=1.0, seed=1)
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


def test_the_line_in_the_plot_is_what_the_ratio_is_on_this_machine() -> None:
    row = Row(RATE, "", 4000, 0.1, up=True)
    assert _target(row, {DURABLE_CEILING: {"median": 10_000.0}, BRIDGE: {"median": 1.0}}) == 1000
    assert _target(row, {BRIDGE: {"median": 1.0}}) is None
    assert _target(Row("start/1/rss_mib", "", 45), {}) == 45


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


def test_who_signs_in_by_a_rate_has_the_time_that_ten_a_second_take() -> None:
    """Whatever the default is: it is not what it is held to."""
    key = "restart/with limits/seconds"
    assert next(row.target for row in rows(FULL) if row.key == key) == 21.5


def test_40_mb_are_not_40_mib() -> None:
    key = "start/100000/more_mib"
    assert next(row.target for row in rows(FULL) if row.key == key) == pytest.approx(38.147, 0.01)


def shown(record: Record, names: Sequence[str], rounds: int = 5, scale: str = "full") -> Any:
    document = record.document(scale=scale, rounds=rounds, seconds=1.0, seed=1)
    table.show(document, names)
    return document


def test_the_table_of_a_full_run_fits_a_hundred_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = Record(FULL)
    for name, round_ in product(DEFAULT, range(5)):
        for row in rows(FULL):
            value = 1247.0 if row.target is None else row.target * 12.3
            record.add(name, round_, {row.key: (round_ + 1) / 3 * value})
    shown(record, DEFAULT)
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= 100
    assert "±%" in said[1]
    assert not any("…" in line for line in said)
    of_ratios = said[next(n for n, line in enumerate(said) if line.startswith("ratios")) :]
    line = next(line for line in of_ratios if line.startswith("IRC→Matrix, 50 channels"))
    assert line.split()[-14:] == ["/s", *["1", "±0"] * 6, "0.13"]  # of everybody, with spread
    for label in ("Matrix→IRC, hot channel", "IRC→Matrix, 500/s", "Synapse, IRC→Matrix"):
        assert any(line.startswith(label) for line in of_ratios)  # without a target, too


def test_what_was_not_reached_in_time_is_told_from_what_was_not_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = Record(TINY, asked={"start/1/"})
    record.add("slow", 0, {"start/1/rss_mib": 7.0})
    record.add(BRIDGE, 0, {"start/1/first_message_s": 7.0, "start/1/rss_mib": 7.0})
    shown(record, ["slow", BRIDGE, "other"], rounds=1, scale="tiny")
    said = capsys.readouterr().out
    row = next(line for line in said.splitlines() if "start, 1" in line)
    assert row.split()[-5:] == ["s", "-", "7", "1", "7.0x"]
    assert "other" not in said


@pytest.mark.parametrize("others", [{}, {"start/10000/rss_mib": 90.0}])
def test_a_target_that_the_bridge_does_not_get_to_at_all_is_missed(
    others: Figures, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Record(FULL, asked={"start/10000/"})
    record.add(BRIDGE, 0, {"start/1/first_message_s": 0.5} | others)
    document = shown(record, [BRIDGE], rounds=1)
    key = "start/10000/first_message_s"
    assert document["targets"][key]["verdict"] == "not reached"
    assert "start/1000/first_message_s" not in document["targets"]  # nobody asked
    row = next(line for line in capsys.readouterr().out.splitlines() if "start, 10k" in line)
    assert row.split()[-3:] == ["-", "10", "never"]


def test_figures_of_fewer_rounds_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    record = Record(FULL)
    for round_ in range(5):
        record.add(BRIDGE, round_, {RATE: 1.0} if round_ else {})
        record.add(DURABLE_CEILING, round_, {RATE: 10.0})
    shown(record, [DURABLE_CEILING, BRIDGE])
    said = capsys.readouterr().out
    row = next(line for line in said.splitlines() if "50 channels" in line)
    assert row.split()[4:6] == ["10", "1*"]
    assert "* bridge: of 4 rounds: to_matrix/50." in said


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
