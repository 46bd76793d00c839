"""Telegram keeps the contract: by long polling and by webhook, crashes and all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridges.telegram import TelegramAdapter
from bridges.telegram.fake import telegram_group

_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)  # when the clocks of the contract begin


def now() -> datetime:
    return _EPOCH + timedelta(seconds=asyncio.get_running_loop().time() % 1e6)


class TestTelegram(AdapterContract):
    """By long polling, where the offset is the acknowledgement."""

    adapter = TelegramAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        async with telegram_group(now) as group:
            yield group


class TestWebhook(AdapterContract):
    """Telegram calls: answered 200 once it is stored, and called again otherwise."""

    adapter = TelegramAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        async with telegram_group(now, transport="webhook", webhook_secret="secret") as group:
            yield group
