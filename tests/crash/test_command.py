"""What is asked for by a name that there is not is not taken for something that holds."""

from __future__ import annotations

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
