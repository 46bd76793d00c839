"""Our own messages as the network shows them to us: linked where they bring their ID, never sent.

A bot's own posts are known by identity, before they are stored. Here are the rest: what carries
our txn, and what a person's own account says while we are sending as them (delivery rule 19).
"""

from __future__ import annotations

from bridgekit.events import Content, RemoteEvent
from bridgekit.flights import Flights
from bridgekit.journey import Done, dropped
from bridgekit.models import Link, Portal, Result
from bridgekit.networks import Network
from bridgekit.portals import Portals
from bridgekit.reasons import Reason


class Echoes:
    """Tells our own from what others say."""

    def __init__(self, portals: Portals, flights: Flights) -> None:
        self._portals, self._flights = portals, flights

    async def settle(
        self, portal: Portal, network: Network, event: RemoteEvent[Content]
    ) -> Done | None:
        """The end of a job that is our own echo, or known already; None: it is news."""
        if event.txn is not None:
            echo = await self._by_txn(portal, event, event.txn)
            if echo is not None:
                return echo
        if network.logins.is_our_echo(event.sender):
            return dropped(Reason.OWN_ECHO)
        login = network.logins.personal(event.sender)
        if login is not None:
            await self._flights.landed(portal.id, login)
        if event.txn is not None:
            echo = await self._by_txn(portal, event, event.txn)
            if echo is not None:
                return echo
        if event.id is not None and await self._portals.rows.links(portal.id, event.id):
            return dropped(Reason.OWN_ECHO if login is not None else Reason.DUPLICATE)
        return None

    async def _by_txn(self, portal: Portal, event: RemoteEvent[Content], txn: str) -> Done | None:
        if event.id is not None:
            self._flights.echoed(txn, event.id)
        pending = await self._portals.rows.pending(portal.id, txn)
        if pending is None:
            return None
        links = []
        if event.id is not None:
            links = [Link(portal.id, event.id, pending.part, pending.event, pending.sender)]
        return Done(Reason.OWN_ECHO, Result.DROPPED, links=links, settled=(portal.id, txn))
