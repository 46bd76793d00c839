"""The past of one chat is read from its network, and stored in the places that a gap keeps."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import MessageID, PortalID
from bridgekit.models import Portal, PortalState
from bridgekit.networks import Network, Networks
from bridgekit.past.history import Past
from bridgekit.past.known_past import KnownPast
from bridgekit.past.open_gaps import OpenGap
from bridgekit.past.unheard import MISSED
from bridgekit.room.portals import Portals
from bridgekit.store.failure import StoreDown
from bridgekit.supports import SupportsHistory

log = structlog.get_logger()

# Who is not reached gets some three minutes; a fault of code shows again soon.
TRIES, TRIES_OF_FAULTS = 8, 3
LONGEST = 60.0  # seconds between two of them: limits are counted by the minute
SKEW = timedelta(minutes=1)  # by which a network's clock may be behind ours


class PastReader:
    """Of all networks; the lane of a chat stands still while it is read."""

    def __init__(
        self,
        networks: Networks,
        portals: Portals,
        past_of: KnownPast,
        clock: Clock,
    ) -> None:
        self._networks, self._portals = networks, portals
        self._past_of, self._clock = past_of, clock

    async def read(self, portal_id: PortalID, gap: OpenGap) -> str:
        """Returns why something may be missing, "" if nothing is."""
        portal = await self._portals.get(portal_id)
        network = self._networks.get(portal.key.network)
        if network is None:
            return ""
        faults = 0
        for attempt in range(1, TRIES + 1):
            pause = 2.0**attempt
            try:
                return await self._try(network, portal, gap)
            except StoreDown:
                raise  # no fault of the network: it is not counted
            except RetryLater as error:
                pause = error.after or pause
            # Foreign code: one chat must not stop the others.
            except (Exception, asyncio.CancelledError) as error:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise  # else it was not we who were cancelled, but what the adapter waited for
                log.warning("history failed", portal=portal_id, error=type(error).__name__)
                faults += not isinstance(error, OSError)  # a connection, or a time, is up
            if attempt == TRIES or faults == TRIES_OF_FAULTS:
                break
            await self._clock.sleep(min(pause, LONGEST))
        return f"{network.name} did not say what was said before"

    async def say(self, portal_id: PortalID, gap: OpenGap, why: str) -> None:
        """In its room, that something may be missing."""
        portal = await self._portals.get(portal_id)
        log.warning("messages may be missing", portal=portal.id, why=why)
        network = self._networks.get(portal.key.network)
        if network is not None and portal.state is PortalState.BOUND:
            key = f"bridge gap {portal.id} {gap.after}"
            async with gap.lock:
                await network.host.receive_word(portal, MISSED.format(why=why), key)

    async def _try(self, network: Network, portal: Portal, gap: OpenGap) -> str:
        login = network.logins.listeners.hearing(portal.key)
        client = None if login is None else network.logins.client_of(login)
        if login is None or client is None:
            raise RetryLater("The network is not connected", after=5.0)
        if not isinstance(client, SupportsHistory):
            return ""
        if gap.after is None:  # found once: what we send meanwhile must not move it
            gap.after = await self._after(portal, gap)
        past = await self._past(network, portal, gap.after, client)
        async for page in past.pages():
            async with gap.lock:
                await network.host.receive_past(login, page, portal.id)
        if past.newest not in (None, gap.after):  # all up to there is stored
            await self._past_of.remember(portal, past.newest)
        more = f"only {past.most} of the messages of a longer time were read"
        return more if past.cut_short else ""

    async def _after(self, portal: Portal, gap: OpenGap) -> MessageID | None:
        if gap.kept is not None and gap.kept.after is not None:
            return gap.kept.after
        return await self._past_of.after(portal)

    async def _past(
        self, network: Network, portal: Portal, after: MessageID | None, client: SupportsHistory
    ) -> Past:
        history, since = network.options.history, None
        if after is None and portal.since is not None and not await self._is_new(network, portal):
            since = datetime.fromtimestamp(portal.since / 1000, UTC) - SKEW
        return Past(client, portal.key.chat, history, self._clock, after=after, since=since)

    async def _is_new(self, network: Network, portal: Portal) -> bool:
        """Whether its room is to get of the past what the operator wants."""
        return network.options.history.wanted and not await self._past_of.has(portal)
