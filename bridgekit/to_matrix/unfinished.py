"""What ends a job before all that it says is in the room: its age, or a failure in the middle."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.lanes.journey import Done, Journey
from bridgekit.networks import Network
from bridgekit.options import DAY


class Expired(Exception):  # noqa: N818 (a finding)
    """It waited for longer than it may (delivery rule 9). `unsure`: it may be in the room."""

    def __init__(self, *, unsure: bool = False) -> None:
        super().__init__()
        self.unsure = unsure


class Halfway(Exception):  # noqa: N818 (an outcome, not a fault)
    """It failed for the reason that it was raised from, once `done` was sent."""

    def __init__(self, why: Exception, done: Done) -> None:
        super().__init__(str(why) or type(why).__name__)
        self.why, self.done = why, done

    def ended(self, end: Done) -> Done:
        """With what was sent, where the failure alone would be `end`."""
        return replace(
            self.done, reason=end.reason, result=end.result, detail=end.detail, bury=end.bury
        )


def all_of(done: Done, failed: Exception | None) -> Done:
    """`done`, if nothing failed once that was sent; raises `Halfway`."""
    if failed is not None:
        raise Halfway(failed, done) from failed
    return done


def expired(journey: Journey, network: Network) -> bool:
    return _overdue(journey, network) > 0


def check_age(journey: Journey, network: Network) -> None:
    """Raises `Expired`. What may be in the room is looked for first, for one day more."""
    if expired(journey, network) and not journey.doubtful:
        raise Expired
    if _overdue(journey, network) > DAY:
        raise Expired(unsure=True)


def _overdue(journey: Journey, network: Network) -> int:
    return journey.now() - journey.job.received_at - network.options.expire_to_matrix
