"""Reads who is in a chat where the list is too long for an event: in pieces, in the background.

Of a long list nobody joins before they speak: only who has gone, and who is more than an ordinary
member, is of interest then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Member, UserInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID
from bridgekit.membership.connects import Connects
from bridgekit.membership.reconciler import Reconciler
from bridgekit.membership.wishes import Unseen
from bridgekit.models import Portal
from bridgekit.networks import Network, Networks
from bridgekit.room.portals import Portals
from bridgekit.supports import SupportsMembers

log = structlog.get_logger()

AT_ONCE = 2  # lists
PIECE = 500
PATIENCE = 1800.0  # seconds for one list


class Roster:
    """Of all networks."""

    def __init__(self, networks: Networks, portals: Portals, clock: Clock) -> None:
        self._networks, self._portals, self._clock = networks, portals, clock
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._reconciler = Reconciler("lists of members", self._read, _nothing, clock)
        self._connects = Connects(portals, self._chats_of, self._reconciler.wake, clock)

    async def run(self) -> None:
        """Read lists until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reconciler.run())
            await self._connects.run()

    def fresh(self, portal: Portal) -> None:
        """A room of this portal is looked after: its list is read, if that was not done yet."""
        network = self._networks.get(portal.key.network)
        if network is not None and not network.host.wishes.told(portal.id):
            self._reconciler.wake(portal.id)

    def connected(self, name: NetworkName, login: LoginID) -> None:
        """A login is connected anew: who came and went meanwhile, nobody told."""
        self._connects.add(name, login)

    def _chats_of(self, name: NetworkName, login: LoginID) -> Iterable[ChatID]:
        network = self._networks.get(name)
        if network is None:
            return ()
        network.host.wishes.forget()
        return network.host.chat_ids(login)

    async def _read(self, portal_id: PortalID) -> None:
        portal = await self._portals.get(portal_id)
        network = self._networks.get(portal.key.network)
        if network is None or portal.room is None or network.host.wishes.told(portal_id):
            return
        login = network.logins.listeners.hearing(portal.key)
        if login is None or not network.logins.known(login):
            return
        calls = network.logins.calls(login)
        client = calls.client
        if client is None or not isinstance(client, SupportsMembers):
            return
        try:
            async with self._slots, self._clock.timeout(PATIENCE):
                await self._take(network, portal, client.members(portal.key.chat))
        except Rejected as error:
            log.warning("no list of members", portal=portal_id, why=str(error))
            network.host.wishes.tell(portal_id)
        except Exception as error:
            if calls.client is client:
                raise
            raise RetryLater("The connection ended meanwhile") from error  # no fault of anybody's

    async def _take(self, network: Network, portal: Portal, members: AsyncIterator[Member]) -> None:
        wishes = network.host.wishes
        with wishes.reading(portal.id) as unseen:
            await wishes.begin(portal.id, unseen)
            head: list[Member] = []
            async for member in members:
                head.append(member)
                if len(head) > wishes.up_front:
                    break
            join = len(head) <= wishes.up_front
            await self._piece(network, portal, unseen, head, join=join)
            async for piece in _pieces(members):
                await self._piece(network, portal, unseen, piece, join=join)
            if not wishes.told(portal.id):  # else a whole list came meanwhile, newer than this
                for gone in wishes.gone(portal.id, unseen, PIECE):
                    await network.host.listed(gone, ())
            wishes.tell(portal.id)

    async def _piece(
        self,
        network: Network,
        portal: Portal,
        unseen: Unseen,
        members: Sequence[Member],
        *,
        join: bool,
    ) -> None:
        wished = await network.host.wishes.piece(portal, members, unseen, join=join)
        await network.host.listed(wished, (UserInfo(id=one.user, name=one.name) for one in members))


async def _pieces(members: AsyncIterator[Member]) -> AsyncIterator[list[Member]]:
    piece: list[Member] = []
    async for member in members:
        piece.append(member)
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


async def _nothing(after: PortalID, limit: int) -> list[PortalID]:
    """What is to be read is not kept: whoever connects asks for all of it."""
    del after, limit
    return []
