"""What became of a part that was marked as being sent when the answer, or we, got lost.

Settled in this order: the network's own idempotency, its memory (`SupportsLookup`), the echo of
our own message; else nobody knows, it is not sent again, and the sender is told (delivery rule 6).
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import assert_never, cast

import structlog

from bridgekit.errors import BridgekitError, RetryLater
from bridgekit.events import Content, MatrixEvent, Message
from bridgekit.flights import Flights
from bridgekit.ids import MessageID
from bridgekit.lanes.journey import Journey
from bridgekit.supports import Absence, Found, SupportsLookup
from bridgekit.to_network.act import Route

log = structlog.get_logger()

LOOKS = 10  # that fail, after which a network is taken for one that cannot tell


class Unknown(Exception):  # noqa: N818 (a finding)
    """It may have been sent, and it may not."""


async def settle(
    journey: Journey, route: Route, event: MatrixEvent[Content], flights: Flights
) -> tuple[MessageID, ...] | None:
    """The IDs under which it was accepted; None: send it (again).

    Raises `Unknown`, or `RetryLater` where it can be asked later.
    """
    if route.limits.idempotent:
        return None
    if isinstance(route.client, SupportsLookup) and isinstance(event.content, Message):
        said = cast("MatrixEvent[Message]", event)
        since = datetime.fromtimestamp(journey.job.received_at / 1000, UTC)
        match await _look(journey, route.ask(route.client.find(said, since))):
            case Found(ids):
                return ids
            case Absence.ABSENT:
                return None
            case Absence.UNSURE:
                pass
            case impossible:
                assert_never(impossible)
    echo = flights.echo_of(event.txn)
    if echo is not None:
        return (echo,)
    raise Unknown


async def _look(journey: Journey, looking: Awaitable[Found | Absence]) -> Found | Absence:
    """A look that fails leaves the doubt as it was: only a sure answer settles it."""
    try:
        answer = await looking
    except RetryLater:
        raise
    except BridgekitError:
        return Absence.UNSURE
    except Exception as error:
        log.warning("look-up failed", error=type(error).__name__)
        journey.looks += 1
        if journey.looks >= LOOKS:
            return Absence.UNSURE
        raise RetryLater("The network cannot say yet whether it was sent") from error
    journey.looks = 0
    return answer
