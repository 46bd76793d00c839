"""In which order gaps are filled, and what one costs of which nothing is known."""

from __future__ import annotations

import pytest

from bridgekit.ids import PortalID
from bridgekit.past.open_gaps import OpenGaps

ONE, TWO, THREE = PortalID(1), PortalID(2), PortalID(3)


@pytest.fixture
def gaps() -> OpenGaps:
    found = OpenGaps()
    for portal in (ONE, TWO, THREE):
        found.fill(portal)
    return found


def filled(gaps: OpenGaps) -> list[PortalID]:
    order = []
    while (portal := gaps.next()) is not None:
        order.append(portal)
        gaps[portal].to_fill = False
    return order


def test_they_are_filled_in_order(gaps) -> None:
    assert filled(gaps) == [ONE, TWO, THREE]
    assert ONE in gaps, "until it is closed"
    gaps.close(ONE)
    assert ONE not in gaps


def test_where_somebody_talks_comes_first_and_once(gaps) -> None:
    gaps.hurry(THREE)
    gaps.hurry(THREE)
    assert filled(gaps) == [THREE, ONE, TWO]


def test_what_is_asked_for_again_and_again_has_one_turn(gaps) -> None:
    for _ in range(9):
        gaps.fill(TWO)
    assert list(gaps._order) == [ONE, TWO, THREE]


def test_what_cannot_be_filled_yet_waits(gaps) -> None:
    early = PortalID(4)
    gaps.open(early)
    gaps.hurry(early)
    assert filled(gaps) == [ONE, TWO, THREE]
    gaps.fill_first({early, PortalID(5)})
    assert filled(gaps) == [early], "and nothing that is not open"


def test_what_is_being_filled_is_nobody_elses(gaps) -> None:
    gaps[ONE].filling, gaps[ONE].to_fill = True, False
    assert filled(gaps) == [TWO, THREE]
    gaps[ONE].filling = False
    gaps.fill(ONE)
    assert filled(gaps) == [ONE]


def test_a_gap_that_is_open_stays_as_it_is(gaps) -> None:
    gap = gaps.open(ONE)
    assert gap.to_fill
    assert gaps.open(ONE) is gap


def test_until_something_is_known_of_one_it_is_a_number(gaps) -> None:
    assert list(gaps._open.values()) == [None] * 3
