"""The short forms of the attacks with real processes; `make crash` runs the long ones."""

from __future__ import annotations

import pytest

from tests.real_attack.attacks import ATTACKS
from tests.real_attack.report import Report

SHORT = [attack for attack in ATTACKS if attack.short is not None]


@pytest.mark.parametrize("attack", SHORT, ids=[attack.name for attack in SHORT])
async def test_an_attack_loses_doubles_and_disorders_nothing(attack, tmp_path):
    report = await attack.begin(tmp_path, attack.short, 7)
    assert report.holds, report


def test_a_report_counts_what_is_lost_doubled_out_of_order_and_untold():
    report = Report("counted")
    report.compare(["a", "b", "c", "d"], ["b", "a", "a"], ["c"])
    assert (report.events, report.lost, report.doubled, report.disordered) == (4, 1, 1, 1)
    assert (report.undecided, report.told, report.holds) == (1, 1, False)


def test_a_report_of_what_all_arrived_holds():
    report = Report("counted")
    report.compare(["a", "b"], ["a", "b"])
    report.compare(["c", "d"], ["d"], ["c"])
    assert report.holds
    report.require(so=False, sentence="something else did not hold")
    assert not report.holds


def test_what_nobody_said_is_found():
    report = Report("counted")
    report.compare(["a"], ["a", "z"])
    assert not report.holds
