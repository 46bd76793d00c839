"""The loopback network for `bridgekit dev loopback`: the first thing that an author may try."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridgekit.ids import LoginID
from bridgekit.testing.contract.network import FakeNetwork
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake


@asynccontextmanager
async def fake_loopback() -> AsyncIterator[FakeNetwork]:
    """A network that recognises what is repeated, and tells the bridge its own messages, too."""
    yield LoopbackFake(EchoingNetwork(idempotent=True, first=LoginID("loopback:bot")))
