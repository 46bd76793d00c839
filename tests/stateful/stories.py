"""How stories are drawn from a seed: talk on both sides, and now and then some trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.stateful import steps, troubles
from tests.stateful.steps import Step
from tests.stateful.world import FREE, MATRIX, OURS, REMOTE, Flavour

FLAVOURS = (
    Flavour(idempotent=True, remembers=False),
    Flavour(idempotent=False, remembers=True),
    Flavour(idempotent=False, remembers=False),
)
LONGEST = 40

# Most often little happens between two steps, or all that can; in between is what few think of.
_TURNS = (0, 0, 1, 5, 20, 60, 150, 400, 1000, 2000)
_DEATHS = (None, None, 0, 5, 20, 60, 200)
_EMOJI = ("👍", "🎉")

Draw = Callable[[Random], tuple[object, ...]]


def _nothing(_: Random) -> tuple[object, ...]:
    return ()


def _pick(rng: Random) -> tuple[object, ...]:
    return (rng.randrange(5),)


def _of(*choices: object) -> Draw:
    return lambda rng: (rng.choice(choices),)


def _all(*draws: Draw) -> Draw:
    return lambda rng: tuple(value for draw in draws for value in draw(rng))


_REPLY = _of(None, None, None, 0, 1, 3)
_YES_OR_NO = _of(True, False)
_TALK: dict[type[Step], tuple[int, Draw]] = {
    steps.MatrixSays: (8, _all(_of(*MATRIX), _REPLY, _YES_OR_NO)),
    steps.NetworkSays: (8, _all(_of(*REMOTE), _REPLY, _of(1, 1, 1, 5))),
    steps.MatrixEdits: (4, _pick),
    steps.NetworkEdits: (4, _pick),
    steps.MatrixDeletes: (2, _pick),
    steps.NetworkDeletes: (2, _pick),
    steps.MatrixReacts: (3, _all(_of(*MATRIX), _pick, _of(*_EMOJI))),
    steps.NetworkReacts: (3, _all(_of(*REMOTE), _pick, _of(*_EMOJI))),
    steps.NetworkEditsFirst: (2, _all(_of(*REMOTE), _of(*_EMOJI))),
    steps.NetworkPins: (1, _pick),
    steps.NetworkSetsTopic: (1, _of(*REMOTE)),
    steps.NetworkRepeats: (2, _pick),
}
_TROUBLE: dict[type[Step], tuple[int, Draw]] = {
    troubles.Calm: (2, _nothing),
    troubles.TimePasses: (2, _of(0.1, 1, 5, 30, 120)),
    troubles.BridgeDies: (4, _of(True, True, False)),
    troubles.BridgeStops: (1, _YES_OR_NO),
    troubles.BridgeStarts: (1, _nothing),
    troubles.HomeserverStops: (1, _nothing),
    troubles.HomeserverStarts: (1, _nothing),
    troubles.HomeserverRestarts: (1, _nothing),
    troubles.HomeserverFails: (2, _all(_of(429, 500, 502), _of(1, 2, 4))),
    troubles.HomeserverLosesAnswers: (2, _of(1, 2, 3)),
    troubles.HomeserverCutsRequests: (1, _of(1, 2, 3)),
    troubles.HomeserverReplays: (2, _all(_of(1, 3, 5), _YES_OR_NO)),
    troubles.NetworkDrops: (2, _YES_OR_NO),
    troubles.NetworkIsBack: (1, _nothing),
    troubles.NetworkAsksForPause: (2, _of(0.5, 5, 60)),
    troubles.NetworkRefuses: (2, _nothing),
    troubles.NetworkLosesAnswer: (3, _YES_OR_NO),
    troubles.RoomUpgraded: (1, _of(*_DEATHS)),
    troubles.Unlinked: (1, _of(*_DEATHS)),
    troubles.Linked: (2, _of(*_DEATHS)),
}


@dataclass(frozen=True)
class Story:
    """What happens, in order, and on what kind of network."""

    flavour: Flavour
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        told = (f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        return "\n".join([str(self.flavour), *told])


def story(seed: int) -> Story:
    """The same for the same seed, wherever it is told."""
    rng = Random(seed)
    count = rng.randint(5, LONGEST)
    trouble = rng.choice([0.1, 0.3, 0.5])
    drawn = [_step(rng, _TROUBLE if rng.random() < trouble else _TALK) for _ in range(count)]
    return Story(rng.choice(FLAVOURS), tuple(drawn))


def _step(rng: Random, kinds: dict[type[Step], tuple[int, Draw]]) -> Step:
    weights = [weight for weight, _ in kinds.values()]
    kind = rng.choices(list(kinds), weights)[0]
    chat = rng.choice([OURS, FREE])
    return kind(rng.choice(_TURNS), chat, *kinds[kind][1](rng))
