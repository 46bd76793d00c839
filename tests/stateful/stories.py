"""How stories are drawn: talk on both sides, and now and then some trouble.

What comes first in a list of choices is what a story that fails is made of once it is shrunk.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.stateful import steps, troubles
from tests.stateful.steps import Step
from tests.stateful.world import FREE, MATRIX, OURS, REMOTE, Flavour

Drawn = st.SearchStrategy[Any]
Steps = tuple[Step, ...]

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


def _often(*choices: tuple[int, type[Step], Sequence[Drawn]]) -> st.SearchStrategy[Step]:
    """A step, each kind as often as is said. `one_of` would draw all of them alike."""
    kinds = [(kind, tuple(fields)) for weight, kind, fields in choices for _ in range(weight)]
    return st.sampled_from(kinds).flatmap(
        lambda drawn: st.builds(drawn[0], _TURNS, _CHAT, *drawn[1])
    )


_TALK = _often(
    (8, steps.Says, [_WHO, _REPLY, st.booleans(), st.sampled_from([1, 1, 5])]),
    (4, steps.Edits, [_WHICH]),
    (2, steps.Deletes, [_WHICH]),
    (3, steps.Reacts, [_WHO, _WHICH, _EMOJI]),
    (2, steps.NetworkEditsFirst, [_REMOTE, _EMOJI]),
    (1, steps.NetworkPins, [_WHICH]),
    (1, steps.NetworkSetsTopic, [_REMOTE]),
    (2, steps.NetworkRepeats, [_WHICH]),
)
_TROUBLE = _often(
    (2, troubles.Calm, []),
    (2, troubles.TimePasses, [st.sampled_from([0.1, 1, 5, 30, 120])]),
    (4, troubles.BridgeDies, [st.booleans()]),
    (1, troubles.BridgeStops, [st.booleans()]),
    (1, troubles.BridgeStarts, []),
    (1, troubles.HomeserverStops, []),
    (1, troubles.HomeserverStarts, []),
    (1, troubles.HomeserverRestarts, []),
    (2, troubles.HomeserverFails, [st.sampled_from([429, 500, 502]), _TIMES]),
    (2, troubles.HomeserverLosesAnswers, [_TIMES]),
    (1, troubles.HomeserverCutsRequests, [_TIMES]),
    (2, troubles.HomeserverReplays, [st.sampled_from([1, 3, 5]), st.booleans()]),
    (2, troubles.NetworkDrops, [st.booleans()]),
    (1, troubles.NetworkIsBack, []),
    (2, troubles.NetworkAsksForPause, [st.sampled_from([0.5, 5, 60])]),
    (2, troubles.NetworkRefuses, []),
    (3, troubles.NetworkLosesAnswer, [st.booleans()]),
    (2, troubles.RoomUpgraded, [_DIES]),
    (2, troubles.Unlinked, [_DIES]),
    (2, troubles.Linked, [_DIES]),
)


def _met(
    *faults: tuple[type[Step], Drawn], by: Sequence[str], end: type[Step]
) -> st.SearchStrategy[Steps]:
    """A fault, a message that meets it, and perhaps, right behind that, a kill, or `end`.

    Drawn one by one they hardly ever come together, and then nothing is ever in doubt.
    """
    fault = st.sampled_from(faults).flatmap(
        lambda drawn: st.builds(drawn[0], st.just(0), _CHAT, drawn[1])
    )
    says = st.builds(steps.Says, _TURNS, _CHAT, st.sampled_from(by))
    ends = st.builds(troubles.BridgeDies, _TURNS, _CHAT) | st.builds(end, _TURNS, _CHAT)
    return st.tuples(fault, says) | st.tuples(fault, says, ends)


_DOUBT = _met(
    (troubles.NetworkLosesAnswer, st.booleans()), by=MATRIX, end=troubles.NetworkDrops
) | _met(
    (troubles.HomeserverLosesAnswers, _TIMES),
    (troubles.HomeserverCutsRequests, _TIMES),
    by=REMOTE,
    end=troubles.HomeserverRestarts,
)
# Lists in a list, each of which may be empty: one alone would seldom be long, or never short.
_SCENE = st.builds(
    lambda talk, trouble, doubt: (*talk, *trouble, *doubt),
    st.lists(_TALK, max_size=6),
    st.lists(_TROUBLE, max_size=4),
    st.just(()) | _DOUBT,
)


@dataclass(frozen=True)
class Story:
    """What happens, in order, and on what kind of network."""

    flavour: Flavour
    steps: Steps


def stories() -> st.SearchStrategy[Story]:
    scenes = st.lists(_SCENE, min_size=4, max_size=8)
    together = scenes.map(lambda parts: tuple(itertools.chain(*parts)))
    return st.builds(Story, st.sampled_from(FLAVOURS), together)
