"""What became of a part that was marked as being sent when the answer, or we, got lost.

Settled in this order: the network's own idempotency, its memory (`SupportsLookup`), the echo of
our own message; else nobody knows, it is not sent again, and the sender is told (delivery rule 6).
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bridgekit.adapter import Client, Limits
from bridgekit.events import MatrixEvent, Message
from bridgekit.flights import Flights
from bridgekit.ids import MessageID
from bridgekit.supports import Absence, Found, SupportsLookup


class Unknown(Exception):  # noqa: N818 (a finding)
    """It may have been sent, and it may not."""


async def settle(
    client: Client,
    event: MatrixEvent[Message],
    limits: Limits,
    flights: Flights,
    since: datetime,
) -> tuple[MessageID, ...] | None:
    """The IDs under which it was accepted; None: send it (again). Raises `Unknown`."""
    if limits.idempotent:
        return None
    if isinstance(client, SupportsLookup):
        match await client.find(event, since):
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
