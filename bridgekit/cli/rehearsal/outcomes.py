"""How each job ended and what it waits for, a line each, from what the bridge wrote down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bridgekit.bridge import database_url
from bridgekit.cli.looking.trace import stories_of
from bridgekit.cli.output import clock_time
from bridgekit.cli.rehearsal.screen import Screen, Side
from bridgekit.configuration.config import Config
from bridgekit.ids import JobID
from bridgekit.models import Direction, Outcome, Result
from bridgekit.reasons import WORDS, Reason
from bridgekit.references import reference
from bridgekit.store.beside import reading
from bridgekit.store.jobs import Jobs, Listed
from bridgekit.testing.contract.dropping import Drops

_WELL = (Result.DELIVERED, Result.DROPPED)
_LOOKED_AT = 50


@dataclass(slots=True)
class Outcomes:
    """`ended` are the references of jobs that nobody has been told about yet."""

    screen: Screen
    ended: list[str] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    """The events of which an end is still to come."""
    to_matrix: int = 0
    """How much of what came from the network has ended."""
    drops: Drops = field(default_factory=Drops)
    """What no job is made of: our own echoes, for one."""
    _tried: dict[JobID, int] = field(default_factory=dict)

    async def tell(self, config: Config) -> None:
        """A line or more for each that ended."""
        while self.ended:
            for story in await stories_of(config, self.ended[0]):
                if story.outcome is not None:
                    self.awaited.discard(story.outcome.source)
                    self._tell(story.outcome)
            del self.ended[0]

    def _tell(self, outcome: Outcome) -> None:
        self.drops.known(outcome)
        tell = self.screen.trace if outcome.result in _WELL else self.screen.trouble
        to_matrix = outcome.lane.direction is Direction.TO_MATRIX
        self.to_matrix += to_matrix
        side = Side.MATRIX if to_matrix else Side.NETWORK
        became = [self.screen.number(side, target) for target in outcome.targets]
        for line in _lines(outcome, became):
            tell(line)
        self._tried.pop(outcome.job, None)

    async def tell_waiting(self, config: Config) -> None:
        """A line for each that was tried in vain since the last time."""
        async with reading(database_url(config)) as reader:
            listed = await Jobs(reader).listed(_LOOKED_AT)
        for one in listed:
            if not one.dead and one.job.attempts > self._tried.get(one.job.id, 0):
                self._tried[one.job.id] = one.job.attempts
                self.screen.trace(_waits(one), "yellow")


def _lines(outcome: Outcome, targets: Sequence[str]) -> Iterator[str]:
    began = outcome.received_at
    steps = sorted(outcome.steps.items(), key=lambda step: step[1])
    told = ", ".join(f"{step.value} after {at - began} ms" for step, at in steps)
    became = f"; became {', '.join(targets)}" if targets else ""
    kind, result = outcome.kind, outcome.result.value
    where = outcome.lane.direction.value.replace("_", " ")
    took = f"{outcome.finished_at - began} ms"
    yield f"{reference(outcome.job)} {kind} {where}: {result} after {took} ({told}){became}"
    for one in outcome.tries:
        yield f"  tried at {clock_time(int(one['at']))}: {one['why']}"
    if outcome.result is not Result.DELIVERED:
        words = WORDS[Reason(outcome.reason)]
        yield f"  {words.sentence}"
        if outcome.detail not in ("", words.sentence, *(one["why"] for one in outcome.tries)):
            yield f"  {outcome.detail}"


def _waits(one: Listed) -> str:
    when = f"; next try at {clock_time(one.not_before)}" if one.not_before else ""
    why = one.error or "it was broken off"
    return f"{reference(one.job.id)} {one.job.kind} waits after try {one.job.attempts}: {why}{when}"
