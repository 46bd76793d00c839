"""Random stories of talk and trouble: whatever happens, both sides show the same in the end."""

from __future__ import annotations

import pytest
from hypothesis import example, given

from tests.fuzz.effort import tries
from tests.stateful.playing import play
from tests.stateful.steps import Edits, NetworkEditsFirst, Says
from tests.stateful.stories import FLAVOURS, Story, stories
from tests.stateful.troubles import (
    BridgeDies,
    Calm,
    HomeserverLosesAnswers,
    HomeserverReplays,
    HomeserverRestarts,
    HomeserverStops,
    Linked,
    NetworkDrops,
    NetworkLosesAnswer,
    TimePasses,
    Unlinked,
)
from tests.stateful.world import FREE, OURS, Flavour

# Found by stories, and mended.
BROUGHT_BY_HISTORY = Story(
    Flavour(),
    (
        Says(100, FREE, "bob"),
        Calm(0, FREE),
        Says(0, FREE, "dave"),
        NetworkEditsFirst(0, FREE, "dave", "🎉"),
        BridgeDies(0, FREE),
    ),
)
EDITED_WHILE_NOTHING_MOVED = Story(
    Flavour(),
    (
        HomeserverStops(0, FREE),
        Says(60, FREE, "bob"),
        NetworkEditsFirst(400, FREE, "dave", "🎉"),
        TimePasses(0, FREE, 400),
    ),
)
A_GAP_BEHIND_WHAT_WAITS = Story(
    Flavour(),
    (
        HomeserverStops(0, FREE),
        Says(400, FREE, "bob"),
        NetworkDrops(60, FREE, away=True),
        Says(60, FREE, "bob", times=3),
    ),
)
A_GAP_BEFORE_ANYBODY_SPOKE = Story(
    Flavour(idempotent=True, remembers=False),
    (
        NetworkDrops(0, OURS),
        NetworkEditsFirst(0, FREE, "bob", "👍"),
        Edits(0, OURS, 0),
        Says(0, FREE, "alice"),
        Edits(60, OURS, 0),
        Says(0, OURS, "alice"),
        Says(0, FREE, "bob"),
    ),
)
REPLAYED_WHEN_LINKED_ANEW = Story(
    Flavour(idempotent=True, remembers=False),
    (
        Unlinked(0, FREE, None),
        Says(0, FREE, "alice"),
        Linked(0, FREE, None),
        HomeserverReplays(0, FREE, 5, anew=True),
    ),
)
ANSWERS_GET_LOST = (
    NetworkLosesAnswer(0, OURS, taken=True),
    Says(20, OURS, "alice"),
    NetworkLosesAnswer(0, FREE, taken=False),
    Says(20, FREE, "carol"),
    HomeserverLosesAnswers(0, OURS, 1),
    Says(20, OURS, "bob"),
    HomeserverRestarts(400, OURS),
    BridgeDies(20, OURS),
)


@pytest.mark.timeout(900)  # it is many tests in one
@tries(40)
@given(told=stories())
@example(told=BROUGHT_BY_HISTORY)
@example(told=EDITED_WHILE_NOTHING_MOVED)
@example(told=A_GAP_BEHIND_WHAT_WAITS)
@example(told=A_GAP_BEFORE_ANYBODY_SPOKE)
@example(told=REPLAYED_WHEN_LINKED_ANEW)
@example(told=Story(FLAVOURS[0], ANSWERS_GET_LOST))
@example(told=Story(FLAVOURS[1], ANSWERS_GET_LOST))
@example(told=Story(FLAVOURS[2], ANSWERS_GET_LOST))
def test_both_sides_show_the_same_in_the_end(told: Story) -> None:
    assert play(told) == []
