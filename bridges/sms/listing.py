"""Gateways that list what was texted: what their calls did not bring, and what became of a send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridgekit import Absence, Found, MessageID
from bridges.sms.listening import Ear
from bridges.sms.provider import Inbound

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
            missed = [one async for one in listed(ear.since) if one.inbound]
            for one in reversed([one for one in missed if not ear.knows(one.id)]):
                await ear.take(await told(one))
        await asyncio.sleep(interval)


async def sought(
    listed: Callable[[], AsyncIterator[Listed]], text: str, known: Callable[[str], bool]
) -> Found | Absence:
    """What became of a send, by what was said to whom, and when.

    Something else that we do not know of leaves it open. Lists are not always as fast as answers.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        sent = [one async for one in listed() if not one.inbound and not known(one.id)]
        same = [one.id for one in sent if one.text == text]
        if len(sent) == len(same) == 1:
            return Found((MessageID(same[0]),))
        if sent:
            return Absence.UNSURE
        if clock() - began >= _SURE_AFTER:
            return Absence.ABSENT
        await asyncio.sleep(_LOOK)
