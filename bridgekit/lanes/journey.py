"""What happens to one job on its way: what it waited for, each try, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bridgekit.clock import Clock
from bridgekit.fault import fault_of
from bridgekit.ids import PortalID
from bridgekit.models import Fate, Job, Link, Millis, Outcome, Result, Step
from bridgekit.reasons import WORDS, Reason
from bridgekit.store.progress import Pending
from bridgekit.store.sql import Rows


@dataclass(frozen=True, slots=True)
class Done:
    """How a job ended, with all that belongs into the same commit."""

    reason: Reason
    result: Result = Result.DELIVERED
    detail: str = ""
    targets: tuple[str, ...] = ()
    links: Sequence[Link] = ()
    pending: Sequence[Pending] = ()
    settled: tuple[PortalID, str] | None = None
    also: Sequence[Rows] = ()
    decides: tuple[str, ...] = ()  # what waits for these events or messages goes on
    bury: bool = False
    then: Callable[[], None] | None = None  # called once all this is committed


class Report(Protocol):
    """Where outcomes go once they are committed."""

    def __call__(self, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A job at its end. `replaced`: how it really ended could not be stored."""

    done: Done
    outcome: Outcome
    replaced: bool = False


def unstored(ended: Ended) -> Ended:
    """What is stored instead of an end that the store does not take: the job stays, as a dead one.

    A network may have given an ID that no database keeps; the operator must see that job.
    """
    reason = Reason.INTERNAL
    outcome = replace(
        ended.outcome,
        result=Result.UNKNOWN,
        reason=reason.value,
        detail=WORDS[reason].sentence,
        tries=(),
        targets=(),
        fate=Fate.UNKNOWN,
    )
    return Ended(
        Done(reason, Result.UNKNOWN, bury=True, then=ended.done.then), outcome, replaced=True
    )


def dropped(reason: Reason) -> Done:
    """The end of a job that a rule drops."""
    return Done(reason, Result.DROPPED)


@dataclass(slots=True)
class Journey:
    """Kept in memory while a job is open; its end goes into the outcome."""

    job: Job
    clock: Clock
    waits: dict[str, int] = field(default_factory=dict)
    tries: list[dict[str, str | int]] = field(default_factory=list)
    doubtful: bool = False
    """An earlier try, or process, may have sent it: look before sending again."""
    planned: bool = False
    """Its parts may be stored."""
    failures: int = 0
    """How often a client failed at it."""
    # Each is counted by itself: `job.attempts` are all pauses, whoever asked for them.
    unanswered: int = 0
    """How often, in a row, nothing said whether the network had taken what sets a state."""
    looks: int = 0
    """How often, in a row, a look whether the network has it failed."""
    moves: int = 0
    """How often its chat turned out to have moved."""
    network: str = ""
    """Whose job it is; its handler knows."""
    steps: dict[Step, Millis] = field(default_factory=dict)
    _paused: tuple[str, float] | None = None

    def __post_init__(self) -> None:
        self.doubtful = self.job.doubtful
        if self.job.stored_at:
            self.steps[Step.STORED] = self.job.stored_at

    def now(self) -> Millis:
        return millis(self.clock)

    def pause(self, cause: str) -> None:
        self._paused = (cause, self.clock.monotonic())

    def resume(self) -> None:
        """Work goes on: what it paused for is counted; before the first time, order was it."""
        if Step.CLAIMED not in self.steps:
            self.note(Step.CLAIMED)
        if self._paused is not None:
            cause, since = self._paused
            self._paused = None
            self.wait(cause, self.clock.monotonic() - since)
        elif not self.waits:
            self.wait("order", max(0, self.now() - self.job.received_at) / 1000)

    def wait(self, cause: str, seconds: float) -> None:
        self.waits[cause] = self.waits.get(cause, 0) + round(seconds * 1000)

    def note(self, step: Step) -> None:
        """It happens now; the last time counts."""
        self.steps[step] = self.now()

    def note_try(self, error: Exception) -> None:
        """A try failed; the last ten are kept."""
        self.tries = [
            *self.tries[-9:],
            {"at": self.now(), "why": fault_of(error)},
        ]

    def end(self, done: Done) -> Ended:
        return Ended(done, self.outcome(done))

    def outcome(self, done: Done) -> Outcome:
        job = self.job
        return Outcome(
            job=job.id,
            lane=job.lane,
            kind=job.kind,
            source=job.source,
            result=done.result,
            reason=done.reason.value,
            detail=done.detail or WORDS[done.reason].sentence,
            received_at=job.received_at,
            finished_at=self.now(),
            waits=self.waits,
            tries=tuple(self.tries),
            targets=done.targets,
            network=self.network,
            steps=self.steps,
            fate=_fate(done),
        )


_REFUSALS = (Reason.REJECTED, Reason.HOMESERVER_REFUSED, Reason.CHAT_MOVED)


def _fate(done: Done) -> Fate | None:
    if done.result is Result.UNKNOWN:
        return Fate.UNKNOWN
    if done.result is not Result.FAILED:
        return None
    if done.targets:
        return Fate.PARTLY
    if done.reason is Reason.EXPIRED:
        return Fate.EXPIRED
    return Fate.REJECTED if done.reason in _REFUSALS else Fate.NEVER_SENT


def millis(clock: Clock) -> Millis:
    """Now, as Matrix counts."""
    return int(clock.now().timestamp() * 1000)
