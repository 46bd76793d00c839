"""Events that were stored as they came: converted here, in the lane, so that a converter that was
fixed can take them again (delivery rule 23).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bridgekit.codec import BrokenRecord
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import (
    ChatChange,
    Content,
    Membership,
    Moved,
    Raw,
    Receipt,
    RemoteEvent,
    Typing,
)
from bridgekit.facts import Chat
from bridgekit.incoming import dated, storable, too_old
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lanes.parking import StepAside
from bridgekit.models import Portal, Result
from bridgekit.networks import Network
from bridgekit.reasons import Reason
from bridgekit.shallow import shallow_event
from bridgekit.supports import SupportsConvert
from bridgekit.to_matrix.lookup import asked
from bridgekit.to_matrix.unfinished import Halfway

TRIES = 3  # of a converter, whose look-ups may fail for a while
DROPS = 5  # connections that may end while it converts, before it is what ends them

# What is more than a job in this lane: who is where and who reads, what the chat is called.
_STORED_FIRST = (Membership, ChatChange, Moved, Receipt, Typing)

Take = Callable[[RemoteEvent[Content]], Awaitable[Done]]


async def bridge_raw(
    journey: Journey, portal: Portal, network: Network, raw: Raw, take: Take
) -> Done:
    """Convert, and `take` what belongs to this lane, in order; the rest is stored anew.

    Raises `Halfway` if it fails for good when something of it was sent.
    """
    ends: list[Done] = []
    events = _named(await _converted(journey, portal, network, raw), raw, journey)
    try:
        others = await _take_each(events, raw.chat, journey, take, ends)
        # Stored before this job ends, known if it is repeated.
        login = network.logins.listeners.hearing(portal.key)
        if others and login is not None:
            await network.host.receive_converted(login, *others)
    except (RetryLater, asyncio.CancelledError):
        journey.doubtful = journey.doubtful or bool(ends)  # the earlier ones were sent
        raise
    except Halfway as half:
        raise Halfway(half.why, _together([*ends, half.done])) from half.why
    except Exception as error:
        if ends:
            raise Halfway(error, _together(ends)) from error
        raise
    return _together(ends) if ends else dropped(_nothing_said(others))


def _named(
    events: Sequence[RemoteEvent[Content]], raw: Raw, journey: Journey
) -> list[RemoteEvent[Content]]:
    """By their keys they are known if the conversion is repeated."""
    received = _received(journey)
    return [
        replace(dated(shallow_event(event), received), key=f"{raw.key}/{number}")
        for number, event in enumerate(events)
    ]


async def _take_each(
    events: Sequence[RemoteEvent[Content]],
    chat: Chat,
    journey: Journey,
    take: Take,
    ends: list[Done],
) -> list[RemoteEvent[Content]]:
    """How they end goes to `ends`; returned are those that do not belong here, or not yet."""
    others: list[RemoteEvent[Content]] = []
    received = _received(journey)
    for event in events:
        elsewhere = event.chat != chat or isinstance(event.content, _STORED_FIRST)
        if elsewhere or not storable(event) or too_old(event, received):
            others.append(event)
            continue
        try:
            ends.append(await take(event))
        except StepAside:
            others.append(event)  # it waits as a job of its own; what comes behind it does not
    return others


def _received(journey: Journey) -> datetime:
    return datetime.fromtimestamp(journey.job.received_at / 1000, UTC)


async def _converted(
    journey: Journey, portal: Portal, network: Network, raw: Raw
) -> Sequence[RemoteEvent[Content]]:
    found = asked(portal, network)
    if found is None:
        raise RetryLater(f"{network.name} is not connected", after=5.0)
    if not isinstance(found.client, SupportsConvert):
        raise BrokenRecord(f"the {network.name} adapter cannot convert what it stored")
    try:
        return await found.calls.ask(found.client, found.client.convert(raw))
    except (Rejected, RetryLater, BrokenRecord):
        raise
    except Exception as error:
        journey.failures += 1
        if journey.failures < (DROPS if found.gone else TRIES):
            raise RetryLater("The network's event cannot be converted now") from error
        raise


def _together(ends: Sequence[Done]) -> Done:
    """The end of a job that was several events."""
    chief = next((end for end in ends if end.result is Result.DELIVERED), ends[0])
    return replace(
        chief,
        targets=tuple(target for end in ends for target in end.targets),
        links=[link for end in ends for link in end.links],
        settled=next((end.settled for end in ends if end.settled), None),
        also=[rows for end in ends for rows in end.also],
        decides=tuple(target for end in ends for target in end.decides),
    )


def _nothing_said(others: Sequence[RemoteEvent[Content]]) -> Reason:
    return Reason.DONE if others else Reason.NOT_BRIDGED_KIND
