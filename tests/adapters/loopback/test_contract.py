"""The loopback network keeps the contract: the shortest example of how that is tested."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridgekit.supports import Absence
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake


class TestLoopback(AdapterContract):
    """It recognises what is repeated."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True))


class TestSearchable(AdapterContract):
    """It can be asked what became of a message, and takes 40 characters at once."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(remembers=Absence.ABSENT), text_limit=40)


class TestPlain(AdapterContract):
    """It can do neither, which leaves some things in doubt; and sockets and threads are real."""

    adapter = LoopbackAdapter
    sockets = True

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork())
