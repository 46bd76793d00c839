"""One try at a job, whatever its handler does: it ends, it waits, or its failure is told."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from bridgekit.errors import RetryLater, Scope
from bridgekit.fault import fault_of
from bridgekit.lanes.journey import Done, Ended, Journey
from bridgekit.lanes.parking import Hold, Stay, StepAside
from bridgekit.matrix.api import AnswerLost, HomeserverDown, TokenUnknown
from bridgekit.models import Result
from bridgekit.reasons import Reason
from bridgekit.scanning.verdict import ScannerAway

log = structlog.get_logger()


class Handler(Protocol):
    """What a direction's workers do."""

    async def handle(self, journey: Journey) -> Done:
        """Take a job to its end. `RetryLater` and `StepAside` keep it, as does a store that fails;
        any other exception buries it.
        """
        ...

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """A job has failed for good: tell who must know. May raise `RetryLater`."""
        ...


async def attempt(handler: Handler, journey: Journey) -> Ended:
    """Raises `RetryLater` (as `StoreDown` is) or `StepAside` if the job stays."""
    journey.resume()
    try:
        return journey.end(await handler.handle(journey))
    except (StepAside, RetryLater):
        raise
    except asyncio.CancelledError as error:
        raise _interrupted(error) from None
    except Exception as error:  # noqa: BLE001 (the lane worker: one job must not stop its lane)
        journey.note_try(error)
        return await _bury(handler, journey, error)


def cause_of(error: RetryLater) -> str:
    """What a lane waits for: a word that `Queue.wake` and the step record know."""
    if isinstance(error, HomeserverDown | AnswerLost | TokenUnknown):
        return "homeserver"
    if isinstance(error, Stay):
        return Hold.cause
    if isinstance(error, ScannerAway):
        return "content scan"
    return "rate limit" if error.scope is Scope.CHAT else error.scope.value


async def _bury(handler: Handler, journey: Journey, error: Exception) -> Ended:
    try:
        done = await handler.bury(journey, error)
        if done.reason is Reason.INTERNAL:
            log.error("handler failed", ref=journey.job.reference, exc_info=error)
        return journey.end(done)
    except (StepAside, RetryLater):
        raise
    except asyncio.CancelledError as cancelled:
        raise _interrupted(cancelled) from None
    except Exception:
        fault = fault_of(error, handler)
        log.exception("failure not told", ref=journey.job.reference, failure=fault)
        return journey.end(Done(Reason.INTERNAL, Result.FAILED, bury=True))


def _interrupted(error: asyncio.CancelledError) -> BaseException:
    """Told to stop, or something that the handler waited for was cancelled: then it is not over."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        return error
    return RetryLater("What it waited for was broken off")
