"""What can be asked for is told, and what there is not is not taken for something that holds."""

from __future__ import annotations

import subprocess

import pytest

from tests.crash import __main__ as attacks
from tests.crash import mutations


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
        (["a.py:f:1#1"], "Points are of one scenario"),
        (["talk", "a.py:f:1#1"], "Points are of one scenario"),
    ],
)
def test_an_attack_that_there_is_not(words, said):
    with pytest.raises(SystemExit, match=said):
        attacks.main(words)


@pytest.mark.parametrize("words", [[], ["talk"], ["plain"], ["talk-plain", "a.py:f:1#1"]])
def test_an_attack_that_there_is(words):
    assert attacks.main(words) == 0


def test_a_mutation_that_there_is_not():
    with pytest.raises(SystemExit, match="No mutation has nowhere in its name"):
        mutations.main(["nowhere"])


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
    with pytest.raises(SystemExit) as wrong:
        command.main(["nowhere"])
    for said in (capsys.readouterr().out, str(wrong.value.code)):
        assert not [name for name in known if name not in said.replace("\n", " ")]


def test_the_contract_of_every_gateway_dies_at_every_await():
    """Of a contract that is brief this is no part, unless SMS_ALL is set."""
    made = ["make", "-n", "-C", str(mutations.ROOT), "crash-contracts"]
    lines = subprocess.run(made, check=True, capture_output=True, text=True).stdout.splitlines()
    (line,) = [line for line in lines if "--bridgekit-crashes 1" in line]
    assert "SMS_ALL=1" in line
