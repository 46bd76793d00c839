"""How much may wait, as an operator writes it."""

import pytest

from tests.core.config.conftest import MINIMAL, Loader, faults_of


def test_how_much_may_wait_has_limits_unasked(configured: Loader) -> None:
    waiting = configured(MINIMAL).waiting
    assert (waiting.most, waiting.memory, waiting.warn) == (500_000, 64 << 20, 10_000)


def test_how_much_may_wait_is_set_in_events_and_in_memory(configured: Loader) -> None:
    text = f"waiting: {{most: 2000, memory: 8 MB, warn: 100}}\n{MINIMAL}"
    waiting = configured(text).waiting
    assert (waiting.most, waiting.memory, waiting.warn) == (2000, 8 << 20, 100)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{most: 0}", "waiting.most: is too small; write 1 or more"),
        ("{memory: much}", "waiting.memory: is no size"),
        ("{rest: 1}", "waiting.rest"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_line(
    configured: Loader, written: str, fault: str
) -> None:
    (found,) = faults_of(configured, f"waiting: {written}\n{MINIMAL}")
    assert found.startswith("config.yaml:1:")
    assert fault in found
