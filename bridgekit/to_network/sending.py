"""Sends the parts of one job, with the write-ahead mark, and notes what became of each.

The order is the promise: wait for pacing, commit the mark, call the network, note the answer. So
after a crash only what is marked is in doubt. What sets a state needs no mark: it is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog

from bridgekit.adapter import Sent
from bridgekit.errors import BridgekitError, ChatMoved, LoginError, Rejected, RetryLater, TooLong
from bridgekit.events import Content, MatrixEvent
from bridgekit.fault import fault_of
from bridgekit.flights import Flights
from bridgekit.lanes.journey import Journey
from bridgekit.models import Part, PartState, Step
from bridgekit.reasons import Reason
from bridgekit.signing import Signer
from bridgekit.store.failure import StoreDown
from bridgekit.store.progress import NotePart, SaveParts
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsPacing
from bridgekit.to_network.act import Route
from bridgekit.to_network.cutting import cut
from bridgekit.to_network.doubt import Unknown, settle
from bridgekit.to_network.failure import Failed, line_of
from bridgekit.to_network.marks import Marks
from bridgekit.to_network.performing import makes_message, perform
from bridgekit.to_network.plan import piece_in
from bridgekit.to_network.underway import Underway, answer_of

log = structlog.get_logger()

SURELY_NOT = (RetryLater, LoginError, Rejected, ChatMoved)
TRIES = 5  # of what sets a state and brings no answer


class Sending:
    """Parts to the network."""

    def __init__(self, writer: Writer, flights: Flights, marks: Marks, signer: Signer) -> None:
        self._writer, self._flights, self._marks = writer, flights, marks
        self._signer = signer

    async def send(
        self, journey: Journey, route: Route, parts: list[Part], underway: Underway
    ) -> None:
        """Send what is not sent yet, in order; `underway` says what that was, also if it raises.

        What turns out to be too long is cut, also in `parts`. Raises as `Client.send`, or `Failed`.
        """
        while (part := _next(parts, underway)) is not None:
            try:
                answer = await self._answer(journey, route, part, underway)
            except Rejected as refusal:
                if isinstance(refusal, TooLong) and await self._cut(journey, parts, part.number):
                    underway.total = len(parts)
                    continue
                underway.refused = True
                raise
            if len(parts) > 1 and part.state is not PartState.SENT:
                done = replace(part, state=PartState.SENT, ids=answer.ids)
                self._writer.submit(NotePart(journey.job.id, done))
            underway.sent[part.number] = (part, answer)

    async def _answer(self, journey: Journey, route: Route, part: Part, underway: Underway) -> Sent:
        if part.state is PartState.SENT:
            return answer_of(part)
        answer = await self._part(journey, route, part, underway)
        journey.note(Step.SENT)
        if answer.note:
            underway.notes[line_of(answer.note)] = None
        return answer

    async def _cut(self, journey: Journey, parts: list[Part], place: int) -> bool:
        """Have pieces in the place of a part; False where it is as short as it can be."""
        portal = journey.job.lane.portal
        assert portal is not None  # noqa: S101 (a lane to a network is a portal's)
        smaller = cut(parts, place, partial(self._signer.remote_txn, portal))
        if not smaller:
            return False
        journey.planned = True  # also if the answer of the commit is lost
        # Before the first of them is sent: a crash finds them, and not the whole (rule 7).
        await self._writer.write(SaveParts(journey.job.id, smaller))
        parts[place:] = smaller
        log.info("too long for the network: cut", ref=journey.job.reference, parts=len(parts))
        return True

    async def _part(self, journey: Journey, route: Route, part: Part, underway: Underway) -> Sent:
        content = piece_in(part).content
        piece = MatrixEvent(route.chat, content, part.txn, route.author, relayed=route.relayed)
        if not makes_message(content):
            return await self._set(journey, route, piece)
        if part.state is PartState.DOUBT:  # from here on a death is charged to it
            part = replace(part, state=PartState.SENDING)
            await self._note(journey, part, part.state)
        found = None
        try:
            if part.state in (PartState.SENDING, PartState.UNKNOWN):
                found = await self._settled(journey, route, piece, part, underway)
            if found is None:
                found = _accepted(
                    await self._call(journey, route, piece, part, underway), journey, route
                )
        except Unknown as error:
            underway.doubt = part
            # Committed before anybody is told: a repeated try must end the same.
            await self._note(journey, part, PartState.UNKNOWN)
            raise Failed(Reason.MAY_NOT_BE_SENT) from error
        underway.doubt = None
        return found

    async def _set(self, journey: Journey, route: Route, piece: MatrixEvent[Content]) -> Sent:
        """What sets a state is repeated where nobody knows whether it was taken."""
        await self._pace(journey, route, piece)
        try:
            answer = await route.ask(perform(route.client, piece))
        except Exception as error:
            if _surely_not(error):
                raise
            fault = fault_of(error, route.client)
            log.warning("act without an answer", ref=journey.job.reference, error=fault)
            journey.unanswered += 1
            if journey.unanswered >= TRIES:
                raise Failed(Reason.MAY_NOT_BE_SENT) from error
            raise RetryLater("The network did not answer") from error
        journey.unanswered = 0
        return answer

    async def _call(
        self,
        journey: Journey,
        route: Route,
        piece: MatrixEvent[Content],
        part: Part,
        underway: Underway,
    ) -> Sent:
        await self._pace(journey, route, piece)
        # Committed before the call: without it a crash would leave no trace.
        if route.limits.idempotent:
            await self._marks.do_without(journey.network)
        else:
            await self._marks.write(journey.job.id, part)
        earlier = underway.doubt
        underway.doubt = part  # until there is an answer, or if this is broken off
        try:
            return await route.ask(perform(route.client, piece))
        except Exception as error:
            if _surely_not(error):
                # A pause says nothing of an earlier try; what is refused is not there.
                underway.doubt = None if isinstance(error, Rejected) else earlier
                if not route.limits.idempotent:
                    # Awaited: a retry reads it, and must not take it for one that is in doubt.
                    await self._note(journey, part, PartState.PLANNED)
                raise
            fault = fault_of(error, route.client)
            log.warning("send without an answer", ref=journey.job.reference, error=fault)
            journey.note_try(error)
            found = await self._settled(journey, route, piece, part, underway)
            if found is not None:
                return found
            raise RetryLater("The network did not answer") from error

    async def _settled(
        self,
        journey: Journey,
        route: Route,
        piece: MatrixEvent[Content],
        part: Part,
        underway: Underway,
    ) -> Sent | None:
        """How it was accepted; None if it surely was not, or may safely be sent again."""
        underway.doubt = part
        if part.state is PartState.UNKNOWN:
            raise Unknown  # that was the end of looking
        found = await settle(journey, route, piece, self._flights)
        if not route.limits.idempotent:
            underway.doubt = None
        return None if found is None else Sent(found)

    async def _note(self, journey: Journey, part: Part, state: PartState) -> None:
        await self._writer.write(NotePart(journey.job.id, replace(part, state=state)))

    async def _pace(self, journey: Journey, route: Route, piece: MatrixEvent[Content]) -> None:
        if not isinstance(route.client, SupportsPacing):
            return
        began = journey.clock.monotonic()
        try:
            await route.ask(route.client.pace(piece))
        except BridgekitError:
            raise
        except Exception as error:
            fault = fault_of(error, route.client)
            log.warning("pacing failed", ref=journey.job.reference, error=fault)
            raise RetryLater("The network cannot take it now") from error
        finally:
            journey.wait("pacing", journey.clock.monotonic() - began)


def _accepted(answer: object, journey: Journey, route: Route) -> Sent:
    """What an adapter answers in the place of a `Sent` says nothing; nor would it the next time."""
    if isinstance(answer, Sent):
        return answer
    log.warning(
        "send answered with no Sent",
        ref=journey.job.reference,
        client=type(route.client).__name__,
        answer=type(answer).__name__,
    )
    raise Unknown


def _surely_not(error: Exception) -> bool:
    """Whether the network did not accept it. Of our own store, an adapter may ask at any time."""
    return isinstance(error, SURELY_NOT) and not isinstance(error, StoreDown)


def _next(parts: Sequence[Part], underway: Underway) -> Part | None:
    """The first that is not sent yet."""
    return next((one for one in parts if one.number not in underway.sent), None)
