"""Ghosts: the accounts of remote users on Matrix, registered on first use, their names set."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bridgekit.clock import Clock
from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Ghost
from bridgekit.namespaces import Namespaces, Overflow, RemoteUser
from bridgekit.person.naming import clean_name
from bridgekit.person.profiles import localpart
from bridgekit.store.people import People, save_ghost
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 20_000


class Ghosts:
    """The ghosts of all networks."""

    def __init__(
        self,
        people: People,
        writer: Writer,
        intents: Intents,
        namespaces: Namespaces,
        clock: Clock,
    ) -> None:
        self._people, self._writer, self._clock = people, writer, clock
        self._intents, self._namespaces = intents, namespaces
        self._known: LRU[tuple[NetworkName, RemoteUserID], Ghost] = LRU(KEPT)
        # A message and its chat's list of members may both be the first to need the same one.
        self._changing: KeyedLocks[tuple[NetworkName, RemoteUserID]] = KeyedLocks()

    async def ensure(self, network: NetworkName, user: RemoteUserID) -> Ghost:
        """The ghost of a remote user; its account exists on return."""
        known = self._known.get((network, user))
        if known is not None:
            return known
        async with self._changing.hold((network, user)):
            known = await self.find(network, user)
            if known is None:
                mxid = self._namespaces.ghost(network, user)
                known = Ghost(network, user, mxid, made_at=millis(self._clock))
                await self._intents.register(localpart(known.mxid))
                return await self._keep(known)
            return self._known.put((network, user), known)

    async def find(self, network: NetworkName, user: RemoteUserID) -> Ghost | None:
        """The ghost of a remote user, if it was made already."""
        return self._known.get((network, user)) or await self._people.ghost(network, user)

    def mxid(self, network: NetworkName, user: RemoteUserID) -> UserID:
        """What the ghost of a remote user is called, made or not."""
        return self._namespaces.ghost(network, user)

    async def known(self, network: NetworkName, user: RemoteUserID) -> bool:
        """Whether there is a ghost of this remote user already; makes none."""
        return await self.find(network, user) is not None

    async def rename(self, ghost: Ghost, name: str | None) -> Ghost:
        """Show the ghost under this name; None and the name that it has change nothing."""
        name = clean_name(name or "")
        if not name or name == ghost.name:
            return ghost
        async with self._changing.hold((ghost.network, ghost.user)):
            now = await self.find(ghost.network, ghost.user) or ghost
            if name == now.name:
                return now
            await self._show(ghost.mxid, name)
            return await self._keep(replace(now, name=name))

    async def joined(self, ghost: Ghost) -> None:
        """The ghost, as it was when it began to join a room, is in there.

        Synapse takes the name as that begins, and tells a new one to the rooms that are joined by
        then: what it was renamed to meanwhile is said once more.
        """
        async with self._changing.hold((ghost.network, ghost.user)):
            now = await self.find(ghost.network, ghost.user)
            name = None if now is None else now.name
            if name is not None and name != ghost.name:
                await self._show(ghost.mxid, name)

    async def _show(self, mxid: UserID, name: str) -> None:
        try:
            await self._intents.set_name(mxid, name)
        except Refused as refused:  # no name is worth a message: it is sent under the old one
            log.warning("name refused", user=mxid, why=str(refused))

    async def renew(self, ghost: Ghost) -> None:
        """The homeserver does not know this ghost (any more): make its account again."""
        async with self._changing.hold((ghost.network, ghost.user)):
            await self._intents.register(localpart(ghost.mxid))
            await self._keep(replace(ghost, name=None))

    async def _keep(self, ghost: Ghost) -> Ghost:
        await self._writer.write(save_ghost(ghost))
        return self._known.put((ghost.network, ghost.user), ghost)

    def bridged(self, network: NetworkName) -> bool:
        """Whether the network is configured: else its ghosts are nobody's, and not ours to move."""
        return network in self._namespaces.networks

    async def remote_user(self, mxid: UserID) -> RemoteUser | None:
        """Whose ghost this is; None if it is nobody's."""
        match self._namespaces.remote_user(mxid):
            case Overflow():
                ghost = await self._people.ghost_of(mxid)
                return None if ghost is None else RemoteUser(ghost.network, ghost.user)
            case found:
                return found
