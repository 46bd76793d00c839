"""The loopback network keeps the contract: the shortest example of how that is tested."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridgekit.supports import (
    Absence,
    SupportsDelete,
    SupportsEdit,
    SupportsHistory,
    SupportsPin,
    SupportsPoll,
    SupportsReact,
    SupportsReceipt,
)
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake

NEED_IDS = frozenset(
    {
        *(SupportsDelete, SupportsEdit, SupportsHistory, SupportsPin, SupportsPoll, SupportsReact),
        SupportsReceipt,
    }
)


class TestLoopback(AdapterContract):
    """It recognises what is repeated."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True))


class TestSearchable(AdapterContract):
    """It can be asked what became of a message, takes 40 characters at once, and its adapter
    stores what people say as it came.
    """

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(remembers=Absence.ABSENT), raw=True, text_limit=40)


class TestPlain(AdapterContract):
    """It can do neither, which leaves some things in doubt; and sockets and threads are real."""

    adapter = LoopbackAdapter
    sockets = True

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork())


class TestEarlyEcho(AdapterContract):
    """It tells the bridge what the bridge said before it answers that it was taken."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True, early=True))


class TestLateIDs(AdapterContract):
    """It answers without an ID, which comes with the echo."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True, late_ids=True))


class TestNameless(AdapterContract):
    """Messages have no IDs, on neither way: nothing can be done to what was said."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True, gives_ids=False, lacks=NEED_IDS))
