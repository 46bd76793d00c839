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
from bridgekit.testing.loopback.equipped import (
    Commanded,
    EquippedAdapter,
    EquippedFake,
    EquippedNetwork,
)
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake

NEED_IDS = frozenset(
    {
        *(SupportsDelete, SupportsEdit, SupportsHistory, SupportsPin, SupportsPoll, SupportsReact),
        SupportsReceipt,
    }
)


class TestLoopback(AdapterContract):
    """It recognises what is repeated; it has commands, a set-up, a configuration that changes."""

    adapter = EquippedAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield EquippedFake(EquippedNetwork(idempotent=True, extra=(Commanded,)))


class Varied(AdapterContract):
    """What differs is the adapter; `TestLoopback` has the bridge die in the core, too."""

    crashes = 0.02


class TestSearchable(Varied):
    """It can be asked what became of a message, takes 40 characters at once, and its adapter
    stores what people say as it came.
    """

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(remembers=Absence.ABSENT), raw=True, text_limit=40)


class TestPlain(Varied):
    """It can do neither, which leaves some things in doubt; and sockets and threads are real."""

    adapter = LoopbackAdapter
    sockets = True

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork())


class TestEarlyEcho(Varied):
    """It tells the bridge what the bridge said before it answers that it was taken."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True, early=True))


class TestLateIDs(Varied):
    """It answers without an ID, which comes with the echo."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True, late_ids=True))


class TestNameless(Varied):
    """Messages have no IDs, on neither way: nothing can be done to what was said."""

    adapter = LoopbackAdapter

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        yield LoopbackFake(EchoingNetwork(idempotent=True, gives_ids=False, lacks=NEED_IDS))
