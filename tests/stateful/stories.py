"""How stories are drawn: talk on both sides, and now and then some trouble.

What comes first in a list of choices is what a story that fails is made of once it is shrunk.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.stateful import steps, troubles
from tests.stateful.steps import Step
from tests.stateful.world import FREE, MATRIX, OURS, REMOTE, Flavour

FLAVOURS = (
    Flavour(idempotent=True, remembers=False),
    Flavour(idempotent=False, remembers=True),
    Flavour(idempotent=False, remembers=False),
)

_NEVER = st.none()
_CHAT = st.sampled_from([OURS, FREE])
_WHO, _REMOTE = st.sampled_from([*MATRIX, *REMOTE]), st.sampled_from(REMOTE)
_WHICH, _EMOJI = st.integers(0, 4), st.sampled_from(["👍", "🎉"])
_REPLY = _NEVER | st.sampled_from([0, 1, 3])
_TIMES = st.sampled_from([1, 2, 4])
# Most often little happens between two steps, or all that can; in between is what few think of.
_TURNS = st.sampled_from([0, 1, 5, 20, 60, 150, 400, 1000, 2000])
_DIES = _NEVER | st.sampled_from([0, 5, 20, 60, 200])


def _steps(
    weight: int, kind: type[Step], *fields: st.SearchStrategy[object]
) -> list[st.SearchStrategy[Step]]:
    """As many strategies: `one_of` gives each the same chance."""
    return [st.builds(kind, _TURNS, _CHAT, *fields) for _ in range(weight)]


_TALK = st.one_of(
    *_steps(8, steps.Says, _WHO, _REPLY, st.booleans(), st.sampled_from([1, 1, 5])),
    *_steps(4, steps.Edits, _WHICH),
    *_steps(2, steps.Deletes, _WHICH),
    *_steps(3, steps.Reacts, _WHO, _WHICH, _EMOJI),
    *_steps(2, steps.NetworkEditsFirst, _REMOTE, _EMOJI),
    *_steps(1, steps.NetworkPins, _WHICH),
    *_steps(1, steps.NetworkSetsTopic, _REMOTE),
    *_steps(2, steps.NetworkRepeats, _WHICH),
)
_TROUBLE = st.one_of(
    *_steps(2, troubles.Calm),
    *_steps(2, troubles.TimePasses, st.sampled_from([0.1, 1, 5, 30, 120])),
    *_steps(4, troubles.BridgeDies, st.booleans()),
    *_steps(1, troubles.BridgeStops, st.booleans()),
    *_steps(1, troubles.BridgeStarts),
    *_steps(1, troubles.HomeserverStops),
    *_steps(1, troubles.HomeserverStarts),
    *_steps(1, troubles.HomeserverRestarts),
    *_steps(2, troubles.HomeserverFails, st.sampled_from([429, 500, 502]), _TIMES),
    *_steps(2, troubles.HomeserverLosesAnswers, _TIMES),
    *_steps(1, troubles.HomeserverCutsRequests, _TIMES),
    *_steps(2, troubles.HomeserverReplays, st.sampled_from([1, 3, 5]), st.booleans()),
    *_steps(2, troubles.NetworkDrops, st.booleans()),
    *_steps(1, troubles.NetworkIsBack),
    *_steps(2, troubles.NetworkAsksForPause, st.sampled_from([0.5, 5, 60])),
    *_steps(2, troubles.NetworkRefuses),
    *_steps(3, troubles.NetworkLosesAnswer, st.booleans()),
    *_steps(2, troubles.RoomUpgraded, _DIES),
    *_steps(2, troubles.Unlinked, _DIES),
    *_steps(2, troubles.Linked, _DIES),
)
# Lists in a list, each of which may be empty: one alone would seldom be long, or never short.
_SCENE = st.builds(
    lambda talk, trouble: (*talk, *trouble),
    st.lists(_TALK, max_size=6),
    st.lists(_TROUBLE, max_size=4),
)


@dataclass(frozen=True)
class Story:
    """What happens, in order, and on what kind of network."""

    flavour: Flavour
    steps: tuple[Step, ...]


def stories() -> st.SearchStrategy[Story]:
    scenes = st.lists(_SCENE, min_size=4, max_size=8)
    together = scenes.map(lambda parts: tuple(itertools.chain(*parts)))
    return st.builds(Story, st.sampled_from(FLAVOURS), together)
