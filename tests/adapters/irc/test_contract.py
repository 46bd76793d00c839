"""IRC keeps the contract, on servers of today and of thirty years ago."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridges.irc import IRCAdapter
from tests.adapters.irc.fake.network import irc_network


class TestIRC(AdapterContract):
    """Without a single capability, as RFC 1459 has it."""

    adapter = IRCAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return irc_network()


class TestModernIRC(AdapterContract):
    """With what IRCv3 adds."""

    adapter = IRCAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return irc_network("echo-message", "labeled-response", "batch", "message-tags")
