"""Sends the parts of one job, with the write-ahead mark, and notes what became of each.

The order is the promise: wait for pacing, commit the mark, call the network, note the answer. So
after a crash only what is marked is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from bridgekit.adapter import Client, Limits, Sent
from bridgekit.errors import ChatMoved, LoginError, Rejected, RetryLater
from bridgekit.events import MatrixEvent, Message
from bridgekit.flights import Flights
from bridgekit.journey import Journey
from bridgekit.models import Part, PartState
from bridgekit.reasons import Reason
from bridgekit.store.progress import MarkPart, NotePart
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsPacing
from bridgekit.to_network.doubt import Unknown, settle
from bridgekit.to_network.failure import Failed
from bridgekit.to_network.plan import message_in

log = structlog.get_logger()

SURELY_NOT = (RetryLater, LoginError, Rejected, ChatMoved)


@dataclass(frozen=True, slots=True)
class Route:
    """How a job's parts go: through which connection, within which limits."""

    client: Client
    limits: Limits


class Sending:
    """Parts to the network."""

    def __init__(self, writer: Writer, flights: Flights) -> None:
        self._writer, self._flights = writer, flights

    async def send(
        self,
        journey: Journey,
        route: Route,
        event: MatrixEvent[Message],
        parts: Sequence[Part],
    ) -> list[tuple[Part, Sent]]:
        """Send what is not sent yet, in order. Raises as `Client.send`, or `Failed`."""
        sent: list[tuple[Part, Sent]] = []
        for part in parts:
            if part.state is PartState.SENT:
                sent.append((part, Sent(part.ids)))
                continue
            if part.state is PartState.UNKNOWN:
                raise _may_not_be_sent(part, parts)
            piece = replace(event, content=message_in(part, event.content), txn=part.txn)
            try:
                answer = await self._part(journey, route, piece, part)
            except Unknown as error:
                # Committed before anybody is told: a repeated try must end the same.
                unknown = NotePart(journey.job.id, replace(part, state=PartState.UNKNOWN))
                await self._writer.write(unknown)
                raise _may_not_be_sent(part, parts) from error
            done = replace(part, state=PartState.SENT, ids=answer.ids)
            if len(parts) > 1:
                self._writer.submit(NotePart(journey.job.id, done))
            sent.append((done, answer))
        return sent

    async def _part(
        self, journey: Journey, route: Route, piece: MatrixEvent[Message], part: Part
    ) -> Sent:
        if part.state is PartState.SENDING:
            since = datetime.fromtimestamp(journey.job.received_at / 1000, UTC)
            found = await settle(route.client, piece, route.limits, self._flights, since)
            if found is not None:
                return Sent(found)
        await self._pace(journey, route, piece)
        if not route.limits.idempotent:
            # The mark is committed before the call: without it a crash would leave no trace.
            await self._writer.write(
                MarkPart(journey.job.id, replace(part, state=PartState.SENDING))
            )
        return await self._call(journey, route, piece, part)

    async def _call(
        self, journey: Journey, route: Route, piece: MatrixEvent[Message], part: Part
    ) -> Sent:
        try:
            return await route.client.send(piece)
        except SURELY_NOT:
            if not route.limits.idempotent:
                self._writer.submit(
                    NotePart(journey.job.id, replace(part, state=PartState.PLANNED))
                )
            raise
        except Exception as error:
            log.warning("send without an answer", ref=journey.job.reference, error=repr(error))
            journey.note_try(error)
            since = datetime.fromtimestamp(journey.job.received_at / 1000, UTC)
            found = await settle(route.client, piece, route.limits, self._flights, since)
            if found is not None:
                return Sent(found)
            raise RetryLater("The network did not answer") from error

    async def _pace(self, journey: Journey, route: Route, piece: MatrixEvent[Message]) -> None:
        if not isinstance(route.client, SupportsPacing):
            return
        began = journey.clock.monotonic()
        await route.client.pace(piece)
        journey.wait("pacing", journey.clock.monotonic() - began)


def _may_not_be_sent(part: Part, parts: Sequence[Part]) -> Failed:
    if len(parts) == 1:
        return Failed(Reason.MAY_NOT_BE_SENT)
    detail = f"Part {part.number + 1} of {len(parts)} may not have been sent"
    rest = "" if part.number + 1 == len(parts) else ", and what follows it was not"
    return Failed(
        Reason.MAY_NOT_BE_SENT,
        f"{detail}{rest}: the connection broke before the network answered.",
    )
