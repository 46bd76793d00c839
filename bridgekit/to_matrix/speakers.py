"""Who sends an event to Matrix: the ghost of whoever said it or, where it may not, the bot."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.membership.members import Members
from bridgekit.models import Ghost, Portal
from bridgekit.networks import Network
from bridgekit.person.faces import Faces
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.names import Names
from bridgekit.person.naming import clean_name
from bridgekit.to_matrix.lookup import PATIENCE, looked_up

ASK_AGAIN = 300.0  # seconds
FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Speaker:
    """`ghost` is who said it, if anybody did; `name` is set where the bot says it for them.

    `again`: the homeserver has refused this ghost once, and it was brought in anew.
    """

    ghost: Ghost | None = None
    name: str | None = None
    again: bool = False

    @property
    def mxid(self) -> UserID | None:
        """Who sends; None: the bot."""
        return None if self.ghost is None or self.name is not None else self.ghost.mxid

    def by_bot(self) -> Speaker:
        """The bot, for whoever said it."""
        return self if self.ghost is None or self.name is not None else _bot_for(self.ghost)


class Speakers:
    """Names ghosts and brings them in."""

    def __init__(
        self, ghosts: Ghosts, members: Members, names: Names, faces: Faces, clock: Clock
    ) -> None:
        self._ghosts, self._members, self._names = ghosts, members, names
        self._faces, self._clock = faces, clock
        self._asked: LRU[tuple[NetworkName, RemoteUserID], float] = LRU(10_000)

    async def of(self, portal: Portal, network: Network, user: RemoteUserID | None) -> Speaker:
        """Whoever speaks for `user` in the portal's room, and is in it on return."""
        if user is None:
            return Speaker()
        ghost = await self._ghosts.ensure(network.name, user)
        ghost = await self.named(network, ghost, portal.key.receiver)
        try:
            await self._members.ensure_joined(portal, ghost)
        except Refused:
            return _bot_for(ghost)  # refused or banned (delivery rule 16)
        return Speaker(ghost)

    async def instead(
        self, portal: Portal, network: Network, speaker: Speaker, refused: Refused
    ) -> Speaker:
        """Who else, when the homeserver refused an event; raises `refused` if there is nobody.

        The ghost may have been put out of the room a moment ago.
        """
        if speaker.mxid is None or speaker.ghost is None or refused.status != FORBIDDEN:
            raise refused
        if speaker.again:
            return _bot_for(speaker.ghost)
        self._members.doubt(portal, speaker.ghost)
        found = await self.of(portal, network, speaker.ghost.user)
        return Speaker(found.ghost, found.name, again=True)

    async def named(self, network: Network, ghost: Ghost, receiver: LoginID | None = None) -> Ghost:
        """The ghost as the network tells that it looks; asked for only if it has no name.

        `receiver`: who is in the private chat that it is seen in, and so the one to ask.
        """
        client = network.logins.client_for(receiver)
        name = await self._names.of(network.name, ghost.user)
        if name is None and ghost.name is None:
            name = await self._ask(network, client, ghost.user)
        if client is not None or receiver is None:
            await self._faces.show(ghost, client)
        return await self._ghosts.rename(ghost, name)

    async def refresh(self, network: Network, user: RemoteUserID) -> None:
        """Show a ghost that is there as it looks now; else whoever next sees it does."""
        ghost = await self._ghosts.find(network.name, user)
        if ghost is None:
            return
        with suppress(RetryLater, TimeoutError):
            async with self._clock.timeout(PATIENCE):
                await self.named(network, ghost)

    async def _ask(self, network: Network, client: Client | None, user: RemoteUserID) -> str | None:
        now, key = self._clock.monotonic(), (network.name, user)
        if client is None or now - (self._asked.get(key) or -ASK_AGAIN) < ASK_AGAIN:
            return None
        self._asked.put(key, now)
        try:
            info = await looked_up(self._clock, "name", client.user_info(user))
        except RetryLater:
            return None
        if info is None:
            return None
        await self._names.tell(network.name, (replace(info, id=user),))
        return info.name or user


def _bot_for(ghost: Ghost) -> Speaker:
    return Speaker(ghost, ghost.name or clean_name(ghost.user) or "somebody")
