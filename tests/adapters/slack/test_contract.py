"""Slack keeps the contract, over Socket Mode and over calls to the public URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.crashing import OPTION
from bridges.slack import SlackAdapter
from bridges.slack.config import Transport
from bridges.slack.fake import fake_network

_EPOCH = datetime(2030, 1, 1, tzinfo=UTC).timestamp()  # that of the contract's own clock


def seconds() -> float:
    return _EPOCH + asyncio.get_running_loop().time()


class TestSocketMode(AdapterContract):
    """With connections of the bridge's own."""

    adapter = SlackAdapter
    crashes = 0.02  # of the core's awaits; `make crash-networks` takes all

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_network(seconds, Transport.SOCKET)


class Subscribed(SlackAdapter):
    """Whose admin has entered the Request URL in the app's settings."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        async with super().lifespan():
            origin = self.config.api_url.removesuffix("/api/")
            async with ClientSession() as http:
                await http.post(f"{origin}/fake/request-url", data=self.hook)
            yield


HOW_IT_COMES = (
    *("acknowledged", "stored", "comes", "twice", "order", "missed", "away", "breaks", "broken"),
    *("silent", "first_word", "back", "aside", "behind", "losses"),
    *("message_is_seen", "topic_is_seen"),
)


class TestEventsAPI(AdapterContract):
    """With signed calls to the bridge's public URL. Its crashes are for `make crash-networks`."""

    adapter = Subscribed

    @pytest.fixture(autouse=True)
    def hangs_on_the_transport(self, request: pytest.FixtureRequest) -> None:
        """What Slack tells, and is told, is the same over both: here it is how it comes."""
        is_of_it = any(word in request.node.name for word in HOW_IT_COMES)
        if not is_of_it and request.config.getoption(OPTION, None) is None:
            pytest.skip("it does not hang on the transport; `make crash-networks` tries both")

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_network(seconds, Transport.HTTP)
