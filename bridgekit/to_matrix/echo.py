"""Our own messages as the network shows them to us: linked where they bring their ID, never sent.

A bot's own posts are known by identity, before they are stored. Here are the rest: what carries
our txn, and what a person's own account says while we are sending as them (delivery rule 19).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridgekit.errors import RetryLater
from bridgekit.events import Content, Location, Message, Poll, RemoteEvent, Unsupported
from bridgekit.flights import Flights
from bridgekit.ids import LoginID
from bridgekit.lanes.journey import Done, dropped
from bridgekit.login.owners import Owners
from bridgekit.models import Lane, Portal, Result, lane_to_network
from bridgekit.networks import Network
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals

MESSAGES = (Message, Location, Poll, Unsupported)  # what makes a message; all else is about one


class Echoes:
    """Tells our own from what others say."""

    def __init__(
        self,
        portals: Portals,
        flights: Flights,
        owners: Owners,
        may_have_sent: Callable[[Lane, LoginID], bool],
    ) -> None:
        """`may_have_sent`: in a lane there is what an earlier process sent by this login, or not:
        what became of that is not known yet.
        """
        self._portals, self._flights, self._owners = portals, flights, owners
        self._may_have_sent = may_have_sent

    async def settle(
        self,
        portal: Portal,
        network: Network,
        event: RemoteEvent[Content],
        *,
        judged: bool,
        news: bool = False,
    ) -> Done | None:
        """The end of a job that is our own echo, or known already; None: it is news.

        `judged`: when it came in, its sender was no account of the bridge's own. Somebody may
        have taken that name since, so it is not asked again. `news`: nothing is known of its
        message by now, as somebody else has found out.
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
        ours = await self._earlier(portal, network, event)
        if (login is not None and login.exclusive) or (
            login is None and await self._said_then(network, event)
        ):
            return dropped(Reason.OWN_ECHO)
        waited = login is not None or ours or event.txn is not None
        if news and not waited:
            return None
        return None if event.id is None else await self._known(portal, event, own=login is not None)

    async def _earlier(self, portal: Portal, network: Network, event: RemoteEvent[Content]) -> bool:
        """Wait for what an earlier process was sending as a person, who may not be connected yet.

        Whether a person that has signed in said it. Raises `RetryLater`; for a login that is
        refused nobody waits.
        """
        found = event.sender and self._owners.account(network.name, event.sender)
        login = found[0] if found else None
        if login is None or network.logins.refused.why(login):
            return login is not None
        if self._may_have_sent(lane_to_network(portal.id), login):
            raise RetryLater("It may be what was being sent when the bridge was stopped", after=1.0)
        await self._flights.landed(portal.id, login)
        return True

    async def _said_then(self, network: Network, event: RemoteEvent[Content]) -> bool:
        """Whether a login that is not connected said it, in a send of which we do not know."""
        if event.txn is None or event.sender is None or event.at is None:
            return False
        said_it = await self._owners.in_use(network.name, [event.sender], event.at)
        return event.sender in said_it

    async def _known(
        self, portal: Portal, event: RemoteEvent[Content], *, own: bool
    ) -> Done | None:
        """The end of what was bridged already, or deleted before it came (delivery rule 20)."""
        if event.id is None or not isinstance(event.content, MESSAGES):
            return None
        links, gone = await self._portals.rows.known(portal.id, event.id)
        if gone:
            return dropped(Reason.TARGET_GONE)
        if links and getattr(event.content, "stamp", None) is None:
            return dropped(Reason.OWN_ECHO if own else Reason.DUPLICATE)
        return None

    async def _by_txn(self, portal: Portal, event: RemoteEvent[Content]) -> Done | None:
        if event.txn is None:
            return None
        pending = await self._portals.rows.pending(portal.id, event.txn)
        if pending is None:
            return None
        links = []
        if event.id is not None:
            links = [replace(pending, message=event.id)]
        return Done(Reason.OWN_ECHO, Result.DROPPED, links=links, settled=(portal.id, event.txn))
