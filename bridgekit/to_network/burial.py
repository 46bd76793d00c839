"""What will not be sent: its sender is told, and what a retry could mend stays as a dead job."""

from __future__ import annotations

import structlog

from bridgekit.codec import load_event
from bridgekit.errors import RetryLater
from bridgekit.ids import NetworkName, RoomID, UserID
from bridgekit.lanes.journey import Done, Journey
from bridgekit.models import Result
from bridgekit.reasons import Reason
from bridgekit.scanning.report import line_of
from bridgekit.scanning.verdict import Blocked
from bridgekit.store.jobs import Jobs
from bridgekit.store.sql import Rows
from bridgekit.to_network.failure import Failed, naming_part, reason_of
from bridgekit.to_network.feedback import PUT_OUT, Feedback
from bridgekit.to_network.marks import Marks
from bridgekit.to_network.underway import Underway

log = structlog.get_logger()

# What ends so would end so again, so nothing of it is kept for a retry.
HOPELESS = frozenset(
    {
        *(Reason.NOT_PERMITTED, Reason.UNSUPPORTED, Reason.EMPTY, Reason.ENCRYPTED),
        *(Reason.UNREADABLE, Reason.NOT_ENCRYPTED),
        *(Reason.TARGET_UNKNOWN, Reason.TARGET_NOT_BRIDGED, Reason.NOT_THEIRS),
    }
)


class Burial:
    """Ends jobs that failed for good."""

    def __init__(self, jobs: Jobs, marks: Marks, feedback: Feedback) -> None:
        self._jobs, self._marks, self._feedback = jobs, marks, feedback

    async def bury(self, journey: Journey, error: Exception, underway: Underway) -> Done:
        """Tell the sender why. May raise `RetryLater`: then the lane waits, and tells later."""
        job = journey.job
        underway.verdict = error
        reason, detail = reason_of(error)
        underway.recall(await self._jobs.parts(job.id))
        underway.unmarked = await self._may_be_sent(journey, reason, underway)
        detail = naming_part(detail, len(underway.sent), underway.total, sure=underway.sure)
        try:
            await self._feedback.failed(journey, reason, detail, underway)
        except RetryLater:
            raise
        except Exception as problem:  # noqa: BLE001 (who cannot be told must not stop the lane)
            log.warning("sender not told", ref=job.reference, error=type(problem).__name__)
        if reason is Reason.REJECTED and underway.sure and _comes(journey):
            return Done(Reason.NOT_TAKEN, Result.DROPPED, detail)  # nothing that a retry would mend
        result = Result.FAILED if underway.sure else Result.UNKNOWN
        also = error.also if isinstance(error, Failed) else ()
        if isinstance(error, Blocked):
            also = (_audited(journey, error),)
        return Done(reason, result, detail, also=also, bury=reason not in HOPELESS)

    async def _may_be_sent(self, journey: Journey, reason: Reason, underway: Underway) -> bool:
        """Whether an earlier process may have sent it, where that leaves no mark."""
        if not journey.job.doubtful or underway.refused or reason in HOPELESS:
            return False
        return not await self._marks.are_complete(journey.network)


def _comes(journey: Journey) -> bool:
    """Whether it is somebody's coming, or an invitation: not what a moderator has done."""
    if journey.job.kind != "m.room.member":
        return False
    return load_event(journey.job.body or "")["content"].get("membership") not in PUT_OUT


def _audited(journey: Journey, blocked: Blocked) -> Rows:
    event, network = load_event(journey.job.body or ""), NetworkName(journey.network)
    sender, room = UserID(event["sender"]), RoomID(event["room_id"])
    log.warning("blocked by the content scan", ref=journey.job.reference, found=blocked.found)
    return line_of(blocked, journey.now(), journey.job.source, network, sender, room)
