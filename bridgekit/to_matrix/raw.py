"""Events that were stored as they came: converted here, in the lane, so that a converter that was
fixed can take them again (delivery rule 23).
"""

from __future__ import annotations

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
from bridgekit.incoming import dated, storable, too_old
from bridgekit.lanes.journey import Done, Journey, dropped
from bridgekit.lanes.parking import StepAside
from bridgekit.models import Portal, Result
from bridgekit.networks import Network
from bridgekit.reasons import Reason
from bridgekit.shallow import shallow_event
from bridgekit.supports import SupportsConvert
from bridgekit.to_matrix.lookup import client_of

TRIES = 3  # of a converter, whose look-ups may fail for a while

# What is more than a job in this lane: who is where and who reads, what the chat is called.
_STORED_FIRST = (Membership, ChatChange, Moved, Receipt, Typing)

Take = Callable[[RemoteEvent[Content]], Awaitable[Done]]


async def bridge_raw(
    journey: Journey, portal: Portal, network: Network, raw: Raw, take: Take
) -> Done:
    """Convert, and `take` what belongs to this lane, in order; the rest is stored anew."""
    ends: list[Done] = []
    others: list[RemoteEvent[Content]] = []
    received = datetime.fromtimestamp(journey.job.received_at / 1000, UTC)
    for number, event in enumerate(await _converted(journey, portal, network, raw)):
        # By this key it is known if the conversion is repeated.
        named = replace(dated(shallow_event(event), received), key=f"{raw.key}/{number}")
        elsewhere = named.chat != raw.chat or isinstance(named.content, _STORED_FIRST)
        if elsewhere or not storable(named) or too_old(named, received):
            others.append(named)
            continue
        try:
            ends.append(await take(named))
        except StepAside:
            others.append(named)  # it waits as a job of its own; what comes behind it does not
        except RetryLater:
            journey.doubtful = journey.doubtful or bool(ends)  # the earlier ones were sent
            raise
    if others:
        # Stored before this job ends, known if it is repeated.
        login = portal.key.receiver or network.logins.listener()
        if login is not None:
            await network.host.receive_converted(login, *others)
    return _together(ends) if ends else dropped(_nothing_said(others))


async def _converted(
    journey: Journey, portal: Portal, network: Network, raw: Raw
) -> Sequence[RemoteEvent[Content]]:
    client = await client_of(portal, network)
    if client is None:
        raise RetryLater(f"{network.name} is not connected", after=5.0)
    if not isinstance(client, SupportsConvert):
        raise BrokenRecord(f"the {network.name} adapter cannot convert what it stored")
    try:
        return await client.convert(raw)
    except (Rejected, RetryLater, BrokenRecord):
        raise
    except Exception as error:
        if journey.job.attempts < TRIES:
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
