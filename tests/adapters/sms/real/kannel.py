"""A real Kannel with an SMSC behind it that others have written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridges.sms.fake.real_kannel import RealKannel, behind_door
from tests.adapters.sms.real.smsc import smsc


@asynccontextmanager
async def kannel_network() -> AsyncIterator[RealKannel]:
    async with smsc() as phones:
        network = RealKannel(phones.text, lambda: [one["text"] for one in phones.got])
        async with behind_door(network, smpp=phones.port):
            yield network
