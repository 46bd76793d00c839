"""Gateways that list what was texted: what their calls did not bring, and what became of a send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from bridgekit import Absence, Found, MessageID
from bridges.sms.http import Answer
from bridges.sms.listening import Ear
from bridges.sms.provider import Inbound, Known

_FARTHEST = timedelta(days=365)  # that a clock is wrong by
_SURE_AFTER, _LOOK = 30.0, 5.0  # seconds after which what is not in a list was not taken


@dataclass(frozen=True, slots=True)
class Listed:
    """One message of a list, newest first there; `fields` are as the gateway has them."""

    id: str
    text: str
    inbound: bool
    fields: Mapping[str, Any]


async def keep_up(
    ear: Ear,
    listed: Callable[[datetime], AsyncIterator[Listed]],
    told: Callable[[Listed], Awaitable[Inbound]],
    interval: float,
) -> None:
    """Read, every so many seconds, what was texted while its calls were not answered."""
    while True:
        if ear.since is not None:
            began = ear.now
            missed = [one async for one in listed(ear.since) if not ear.knows(one.id)]
            for one in reversed(missed):
                await ear.take(await told(one))
            ear.caught_up(began)  # only now: what came by a call says nothing of what did not
        await asyncio.sleep(interval)


def ahead(answer: Answer, now: float) -> timedelta:
    """How far the gateway's clock is ahead of ours, which its answer tells; not more than that."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
        skew = theirs - datetime.fromtimestamp(now, UTC)
    except (ValueError, TypeError, OverflowError):  # no date, or one of no zone
        return timedelta()
    return max(-_FARTHEST, min(skew, _FARTHEST))


async def sought(
    listed: Callable[[], AsyncIterator[Listed]], text: str, known: Known
) -> Found | Absence:
    """What became of a send, by what was said to whom, and when.

    Something else that we do not know of leaves it open. Lists are not always as fast as answers.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        sent = [one async for one in listed() if not (one.inbound or await known(one.id))]
        same = [one.id for one in sent if one.text == text]
        if len(sent) == len(same) == 1:
            return Found((MessageID(same[0]),))
        if sent:
            return Absence.UNSURE
        if clock() - began >= _SURE_AFTER:
            return Absence.ABSENT
        await asyncio.sleep(_LOOK)
