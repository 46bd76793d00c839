"""What judges floods, fed with bridges that keep them in memory or let others wait for them."""

from __future__ import annotations

import pytest

from tests.real_attack import away
from tests.real_attack.attacks import ATTACKS
from tests.real_attack.floods import at_length, judge_memory, judge_neighbour
from tests.real_attack.report import Report

(FLOOD,) = (attack for attack in ATTACKS if attack.name == "flood")
(AWAY,) = (attack for attack in ATTACKS if attack.name == "flood-away")


@pytest.mark.parametrize("size", [FLOOD.long, FLOOD.short])
def test_a_flood_whose_bodies_are_in_memory_is_found_whatever_else_is(size):
    bodies = size * len(at_length("bob wire#c0 1", size)) / (1 << 20)
    kept, not_kept = Report("in memory"), Report("on disk")
    judge_memory(kept, 100, 100 + bodies, size)
    judge_memory(not_kept, 100, 100 + bodies / 4, size)
    assert (kept.holds, not_kept.holds) == (False, True)


@pytest.mark.parametrize("size", [FLOOD.long, FLOOD.short])
def test_another_network_that_waits_for_half_of_the_flood_is_found(size):
    waits, does_not = Report("behind the flood"), Report("beside it")
    judge_neighbour(waits, size // 2, lanes=10)
    judge_neighbour(does_not, 600, lanes=10)
    assert (waits.holds, does_not.holds) == (False, True)


@pytest.mark.parametrize(("each", "holds"), [(1_944, True), (4_000, False)])  # measured; twice that
def test_what_waits_for_its_login_and_costs_too_much_is_found(each, holds):
    report = Report("held")
    away.judge_memory(report, 100, 100 + each * AWAY.long / (1 << 20), AWAY.long)
    assert report.holds is holds
