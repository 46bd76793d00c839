"""Which connection to a network answers what somebody asks of it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TypeVar

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.commands.refusals import Unknown
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import LoginID, NetworkName, UserID
from bridgekit.login.owners import Owners
from bridgekit.networks import Network, Networks

PATIENCE = 20.0  # seconds
T = TypeVar("T")


async def in_time(clock: Clock, network: NetworkName, answer: Awaitable[T]) -> T:
    """What a network answers to somebody who waits; raises `RetryLater` where that takes long."""
    try:
        async with clock.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        raise RetryLater(f"{network} takes too long to answer") from None


async def done_in_time(
    clock: Clock, network: NetworkName, doing: Awaitable[T], patience: float | None = None
) -> T:
    """The same of what changes something there: whoever says it again may have it twice."""
    try:
        async with clock.timeout(PATIENCE if patience is None else patience):
            return await doing
    except TimeoutError:
        why = f"{network} does not answer, so it may be done or not: look there before you say it"
        raise Rejected(f"{why} again.") from None


class Clients:
    """Their own login, else the bridge's own; never that of somebody else."""

    def __init__(self, networks: Networks, owners: Owners) -> None:
        self._networks, self._owners = networks, owners

    def network(self, name: NetworkName) -> Network:
        """Raises `Unknown`."""
        network = self._networks.get(name)
        if network is None:
            names = ", ".join(sorted(one.name for one in self._networks))
            raise Unknown(f"There is no such network; there are: {names or 'none'}.")
        return network

    def of(self, user: UserID, name: NetworkName) -> Client:
        """Raises `Unknown`, or `RetryLater` while it is not connected."""
        network = self.network(name)
        own = self._owners.existing(network, user)
        client = None if own is None else network.logins.client_of(own)
        client = client or network.logins.listeners.client()
        if client is None:
            raise RetryLater(f"{name} is not connected now; try again later", after=10.0)
        return client

    def theirs(self, user: UserID, name: NetworkName) -> Sequence[LoginID]:
        """All logins of their own that may speak for them; first the one that does."""
        network = self.network(name)
        own = self._owners.existing(network, user)
        return () if own is None else self._owners.of(name, user)
