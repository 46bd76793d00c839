"""What can be asked for is told, and what there is not is not taken for something that holds."""

from __future__ import annotations

import signal
import subprocess

import pytest

from bridgekit.testing.crash import Point, Report, Unreached
from tests.command_line import BROKEN_OFF
from tests.crash import __main__ as attacks
from tests.crash import mutations

everywhere, once = attacks._everywhere, attacks._once


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch):
    monkeypatch.setattr(attacks, "_everywhere", lambda _: 0)
    monkeypatch.setattr(attacks, "_once", lambda *_: 0)
    monkeypatch.setattr(attacks.structlog, "configure", lambda **_: None)
    monkeypatch.setattr(mutations, "_run", lambda *_: mutations.FAILED)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tlak"], "no scenario, play or profile named tlak"),
        (["talk", "tlak"], "named tlak"),
        (["a.py:f:1#1"], "points are of one scenario"),
        (["talk", "a.py:f:1#1"], "points are of one scenario"),
        (["talk-plain", "a.py:f:1#one"], "a.py:f:1#one is no point"),
        (["talk-plain", "#1"], "#1 is no point"),
    ],
)
def test_an_attack_that_there_is_not(words, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        attacks.main(words)
    assert said in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("words", [[], ["talk"], ["plain"], ["talk-plain", "a.py:f:1#1"]])
def test_an_attack_that_there_is(words):
    assert attacks.main(words) == 0


def test_a_mutation_that_there_is_not(capsys):
    with pytest.raises(SystemExit, match="2"):
        mutations.main(["nowhere"])
    assert capsys.readouterr().err.endswith("no mutation has nowhere in its name\n")


def test_a_mutation_is_found_by_a_word_in_capitals_too(monkeypatch, capsys):
    runs = iter([0, mutations.FAILED])
    monkeypatch.setattr(mutations, "_run", lambda *_: next(runs))
    assert mutations.main(["TELEGRAM is answered"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert (said[0], said[-1]) == ("Telegram is answered before the commit", "1 of 1 caught")


def test_who_breaks_mutations_off_is_told_what_was_caught(monkeypatch, capsys):
    ran = []

    def run(*_):
        ran.append(1)
        if len(ran) == 3:  # the second mutation; pytest ends by itself then
            signal.raise_signal(signal.SIGINT)
        return [0, mutations.FAILED, 2][len(ran) - 1]

    monkeypatch.setattr(mutations, "_run", run)
    assert mutations.main(["is answered before the commit"]) == BROKEN_OFF
    *said, last = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert last == "broken off: 1 of 2 were tried, 1 of these were caught"


def test_who_breaks_the_first_tests_off_is_told_nothing_else(monkeypatch, capsys):
    monkeypatch.setattr(mutations, "_run", lambda *_: signal.raise_signal(signal.SIGINT))
    assert mutations.main(["is answered before the commit"]) == BROKEN_OFF
    said = capsys.readouterr().out
    assert said == "broken off: 0 of 2 were tried, 0 of these were caught\n"


def test_who_breaks_attacks_off_is_told_what_is_known(monkeypatch, capsys):
    begun = []

    class Attack:
        def __init__(self, scenario, _choice):
            begun.append(scenario)

        def run(self):
            if len(begun) > 1:
                signal.raise_signal(signal.SIGINT)
            return Report("first", points=3, alike=1)

    monkeypatch.setattr(attacks, "Attack", Attack)
    assert everywhere(attacks.SCENARIOS[:3]) == BROKEN_OFF
    head, first, _, wrong, _, last = capsys.readouterr().out.splitlines()
    assert first.split() == ["first", "3", "1", "2", "0", "0", "0"]
    assert len(head) == len(first) < 80
    assert max(len(one.name) for one in attacks.SCENARIOS) <= head.index(" points")
    assert wrong == "0 lost, 0 doubled, 0 out of order, 0 trouble; 0 undecided, each told"
    assert last == "broken off: only 1 of 3 scenarios were tried"


def test_a_point_that_the_bridge_never_comes_to(monkeypatch, capsys):
    def repeat(_scenario, points):
        raise Unreached(f"the bridge was never at {points[0]}")

    monkeypatch.setattr(attacks, "repeat", repeat)
    assert once(attacks.SCENARIOS[0], [Point("a.py:f:1", 1)]) == attacks.NOT_THERE
    assert "never at a.py:f:1#1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (attacks, {name for one in attacks.SCENARIOS for name in (one.play, one.profile)}),
        (mutations, {one.name for one in mutations.MUTATIONS}),
    ],
    ids=["attacks", "mutations"],
)
def test_what_there_is_is_told_on_request_and_where_a_name_is_wrong(command, known, capsys):
    with pytest.raises(SystemExit):
        command.main(["--help"])
    with pytest.raises(SystemExit):
        command.main(["nowhere"])
    for said in capsys.readouterr():
        assert not [name for name in known if name not in said.replace("\n", " ")]


def test_the_contract_of_every_gateway_dies_at_every_await():
    """Of a contract that is brief this is no part, unless SMS_ALL is set."""
    made = ["make", "-n", "-C", str(mutations.ROOT), "crash-contracts"]
    lines = subprocess.run(made, check=True, capture_output=True, text=True).stdout.splitlines()
    (line,) = [line for line in lines if "--bridgekit-crashes 1" in line]
    assert "SMS_ALL=1" in line
