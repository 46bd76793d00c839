"""IRC keeps the contract, on servers of today and of thirty years ago."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridges.irc import IRCAdapter
from bridges.irc.fake import MODERN, IRCNetwork, fake_irc


class TestIRC(AdapterContract):
    """Without a single capability, as RFC 1459 has it."""

    adapter = IRCAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_irc()


class TestModernIRC(AdapterContract):
    """With what IRCv3 adds."""

    adapter = IRCAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_irc(*MODERN)


class Granted(AdapterContract):
    """Looks, at the end of each scenario, at what the bridge's connection has."""

    adapter = IRCAdapter

    def __init__(self, *offered: str) -> None:
        self._offered = offered
        self.granted: set[str] = set()

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        async with fake_irc(*self._offered) as network:
            assert isinstance(network, IRCNetwork)
            yield network
            self.granted |= set(network.granted)


def test_whatever_a_modern_server_offers_is_granted_and_elsewhere_nothing_is() -> None:
    for offered in (MODERN, ()):
        played = Granted(*offered)
        played.test_a_new_topic_is_heard()
        assert played.granted == set(offered)
