"""What judges a long life, fed with lives of which something goes on growing."""

from __future__ import annotations

import pytest

from bridgekit.store.retention import FOR_EVER, RETENTION, STATE
from tests.real_attack.levels import Counted, growing

LONG, A_MONTH, CHATS = 16, 400, 30
FORGOTTEN = {f"rows {keep.table.name}": keep.days for keep in RETENTION}
EVERYTHING = [*FORGOTTEN, *(f"rows {name}" for name in STATE), "lanes", "objects", "KiB"]


def life() -> list[dict[str, float]]:
    """All that is to be forgotten is, in time."""
    months = []
    for number in range(1, LONG + 1):
        there: dict[str, float] = {
            name: A_MONTH * min(number, days / 30) for name, days in FORGOTTEN.items()
        }
        there |= {f"rows {name}": A_MONTH * number for name in FOR_EVER}
        there |= {f"rows {name}": CHATS * number for name in STATE}
        kept = A_MONTH * number * len(FOR_EVER) + CHATS * number * len(STATE)
        months.append(there | {"lanes": 3, "objects": 600 + CHATS * number, "KiB": kept / 7})
    return months


def leaking(name: str, each: float, since: int = 0) -> list[Counted]:
    return [
        {**there, name: there[name] + each * max(0, number - since)}
        for number, there in enumerate(life(), 1)
    ]


def test_a_life_of_which_all_is_forgotten_in_time_holds():
    assert list(growing(life(), CHATS)) == []


@pytest.mark.parametrize("each", [10_000, A_MONTH])
@pytest.mark.parametrize("name", EVERYTHING)
def test_what_grows_by_the_same_each_month_is_named(name, each):
    (found,) = growing(leaking(name, each), CHATS)
    assert found.startswith(f"{name} grew by ")


@pytest.mark.parametrize("name", ["rows outcome", "rows seen", "lanes", "objects"])
def test_what_leaves_one_row_of_twenty_messages_is_named(name):
    assert list(growing(leaking(name, A_MONTH / 20), CHATS))


@pytest.mark.parametrize("name", ["rows transaction", "rows audit", "KiB"])
def test_what_stays_for_more_than_a_year_is_named_once_it_should_have_gone(name):
    assert list(growing(leaking(name, A_MONTH, since=14), CHATS))


def test_a_short_life_shows_lanes_that_are_left_open():
    assert list(growing(leaking("lanes", CHATS)[:3], CHATS))
    assert list(growing(life()[:3], CHATS)) == []
