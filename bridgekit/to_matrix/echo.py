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
        self, portal: Portal, network: Network, event: RemoteEvent[Content], *, judged: bool
    ) -> Done | None:
        """The end of a job that is our own echo, or known already; None: it is news.

        `judged`: when it came in, its sender was no account of the bridge's own. Somebody may
        have taken that name since, so it is not asked again.
        """
        login = network.logins.holder(event.sender)
        if judged and login is not None and login.exclusive:
            login = None
        if event.txn is not None and event.id is not None:
            self._flights.echoed(event.txn, event.id)
        echo = await self._by_txn(portal, event)
        if echo is None and login is not None and (event.txn is not None or not login.exclusive):
            # What we are sending may be this very message: its outcome is not stored yet.
            await self._flights.landed(portal.id, login.id)
            echo = await self._by_txn(portal, event)
        if echo is not None:
            return echo
        if login is not None and login.exclusive:
            return dropped(Reason.OWN_ECHO)
        if event.id is not None and await self._portals.rows.links(portal.id, event.id):
            return dropped(Reason.OWN_ECHO if login is not None else Reason.DUPLICATE)
        return None

    async def _by_txn(self, portal: Portal, event: RemoteEvent[Content]) -> Done | None:
        if event.txn is None:
            return None
        pending = await self._portals.rows.pending(portal.id, event.txn)
        if pending is None:
            return None
        links = []
        if event.id is not None:
            links = [Link(portal.id, event.id, pending.part, pending.event, pending.sender)]
        return Done(Reason.OWN_ECHO, Result.DROPPED, links=links, settled=(portal.id, event.txn))
