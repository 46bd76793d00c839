"""The short form of the attack; `make crash` tries every point of every scenario.

A case that fails is repeated by the command that is printed with it.
"""

from __future__ import annotations

import pytest

from bridgekit.testing.crash import Attack, Report, and_again, at_commits, sample
from tests.crash.__main__ import COMMAND
from tests.crash.scenarios import SCENARIOS, OnLoopback

SHARE = 0.02  # of all points
AGAIN = 0.0005
SEED = 11


def unharmed(report: Report) -> str:
    """What went wrong; empty if nothing did."""
    return "\n".join(report.story(COMMAND))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_crash_anywhere_changes_no_end(scenario):
    choice = and_again(sample(SHARE, SEED), AGAIN, SEED)
    assert unharmed(Attack(scenario, choice).run()) == ""


@pytest.mark.parametrize("profile", ["idempotent", "plain"])
def test_a_crash_at_any_commit_changes_no_end(profile):
    report = Attack(OnLoopback("cancelled", profile), at_commits).run()
    assert len(report.cases) > 10
    assert unharmed(report) == ""
