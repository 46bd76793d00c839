"""Random stories of talk and trouble: whatever happens, both sides show the same in the end.

Each seed is a story; what one found is kept beside it as a story of its own.
"""

from __future__ import annotations

import os

import pytest

from tests.fuzz.effort import SEED, times
from tests.stateful.playing import play, shortest
from tests.stateful.steps import NetworkEditsFirst, NetworkSays
from tests.stateful.stories import Story, story
from tests.stateful.troubles import BridgeDies, Calm, HomeserverStops, NetworkDrops, TimePasses
from tests.stateful.world import FREE, Flavour

STORIES = 25

# Found by stories, and mended.
KEPT = {
    "what history brings behind what came live was shown before it": Story(
        Flavour(),
        (
            NetworkSays(100, FREE, "bob"),
            Calm(0, FREE),
            NetworkSays(0, FREE, "dave"),
            NetworkEditsFirst(0, FREE, "dave", "🎉"),
            BridgeDies(0, FREE),
        ),
    ),
    "what was behind an edit in a lane that stood still was not waited for": Story(
        Flavour(),
        (
            HomeserverStops(0, FREE),
            NetworkSays(60, FREE, "bob"),
            NetworkEditsFirst(400, FREE, "dave", "🎉"),
            TimePasses(0, FREE, 400),
        ),
    ),
    "a gap behind what was stored and not shown yet was none": Story(
        Flavour(),
        (
            HomeserverStops(0, FREE),
            NetworkSays(400, FREE, "bob"),
            NetworkDrops(60, FREE, away=True),
            NetworkSays(60, FREE, "bob", None, 3),
        ),
    ),
}


def seeds() -> range:
    """Always the same ones, or others in the long form."""
    first = int(os.environ.get(SEED, "0"))
    return range(first, first + STORIES * times())


@pytest.mark.parametrize("seed", seeds())
def test_both_sides_show_the_same_in_the_end(seed: int) -> None:
    told = story(seed)
    found = play(told)
    if found:
        short = shortest(told)
        pytest.fail(f"{told}\n\nthe shortest that ends so:\n{short}\n\n{found}\n{play(short)}")


@pytest.mark.parametrize("told", KEPT.values(), ids=KEPT.keys())
def test_what_a_story_found_stays_mended(told: Story) -> None:
    assert play(told) == []
