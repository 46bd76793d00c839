"""Who sends an event to Matrix: whoever said it, as themselves or by their ghost, or the bot."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import NetworkName, PortalKey, RemoteUserID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lru import LRU
from bridgekit.matrix.accounts import Account
from bridgekit.matrix.api import Refused
from bridgekit.membership.members import Members
from bridgekit.models import Ghost, Portal
from bridgekit.networks import Network
from bridgekit.person.faces import Faces
from bridgekit.person.ghosts import Ghosts
from bridgekit.person.names import Names
from bridgekit.person.naming import clean_name
from bridgekit.puppets.voices import Voices
from bridgekit.room.portals import counterpart
from bridgekit.to_matrix.lookup import PATIENCE, looked_up

ASK_AGAIN = 300.0  # seconds
FORBIDDEN = 403
_NO_TOKEN = 401
_NOT_AS_THEM = (_NO_TOKEN, FORBIDDEN, 404)  # the token is gone, or the room is none of theirs


@dataclass(frozen=True, slots=True)
class Speaker:
    """`ghost` is who said it, if anybody did; `name` is set where the bot says it for them.

    `puppet` is their own account, if we may speak as them; they are `user` over there. `others` may
    have sent it in an earlier try. `again`: the homeserver has refused this one once, and it was
    brought in anew.
    """

    ghost: Ghost | None = None
    name: str | None = None
    again: bool = False
    puppet: Account | None = None
    user: RemoteUserID | None = None
    others: tuple[UserID, ...] = ()

    @property
    def mxid(self) -> UserID | None:
        """Who sends; None: the bot."""
        if self.name is not None:
            return None
        if self.puppet is not None:
            return self.puppet.user
        return None if self.ghost is None else self.ghost.mxid

    @property
    def senders(self) -> tuple[UserID, ...]:
        """Who, besides the bot, may have sent it: a ghost that spoke before the bot had to, say."""
        if self.puppet is not None:
            return (self.puppet.user, *self.others)
        return self.others if self.ghost is None else (self.ghost.mxid, *self.others)

    def by_bot(self) -> Speaker:
        """The bot, for whoever said it."""
        return self if self.ghost is None or self.name is not None else _bot_for(self.ghost)


class Speakers:
    """Names ghosts and brings them in."""

    def __init__(
        self,
        ghosts: Ghosts,
        members: Members,
        names: Names,
        faces: Faces,
        voices: Voices,
        clock: Clock,
    ) -> None:
        self._ghosts, self._members, self._names = ghosts, members, names
        self._faces, self._voices, self._clock = faces, voices, clock
        self._asked: LRU[tuple[NetworkName, RemoteUserID], float] = LRU(10_000)
        self._asking: KeyedLocks[tuple[NetworkName, RemoteUserID]] = KeyedLocks()

    def of(
        self, portal: Portal, network: Network, user: RemoteUserID | None
    ) -> Coroutine[Any, Any, Speaker]:
        """Whoever speaks for `user` in the portal's room."""
        # Nearly everybody is nobody's login, and pays nothing for those who are.
        person = None if user is None else self._voices.person(portal, network.name, user)
        if user is None or person is None:
            return self.ghost(portal, network, user)
        return self._person(portal, network, user, person)

    async def _person(
        self, portal: Portal, network: Network, user: RemoteUserID, person: UserID
    ) -> Speaker:
        """As themselves, if we may."""
        account = await self._voices.account(portal, person)
        if account is not None:
            ghost = self._ghosts.mxid(network.name, user)
            return Speaker(puppet=account, user=user, others=(ghost,))
        return replace(await self.ghost(portal, network, user), others=(person,))

    async def ghost(self, portal: Portal, network: Network, user: RemoteUserID | None) -> Speaker:
        """The ghost of `user`, which is in the room on return, or the bot for them."""
        if user is None:
            return Speaker()
        ghost = await self._ghosts.ensure(network.name, user)
        ghost = await self.named(network, ghost, portal.key)
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
        if speaker.puppet is not None and refused.status in _NOT_AS_THEM:
            if refused.status != _NO_TOKEN and await self._let_in(portal, network, speaker):
                return replace(speaker, again=True)
            found = await self.ghost(portal, network, speaker.user)
            return replace(found, others=(speaker.puppet.user,))
        if speaker.mxid is None or speaker.ghost is None or refused.status != FORBIDDEN:
            raise refused
        if speaker.again:
            return _bot_for(speaker.ghost)
        self._members.doubt(portal, speaker.ghost)
        found = await self.ghost(portal, network, speaker.ghost.user)
        return replace(found, again=True, others=speaker.others)

    async def _let_in(self, portal: Portal, network: Network, speaker: Speaker) -> bool:
        """Whether a person who was refused is in the room by now, so that it may be tried again."""
        assert speaker.puppet is not None  # noqa: S101 (asked before)
        if speaker.again:
            self._voices.silenced(portal, speaker.puppet)
            return False
        other = counterpart(portal)
        host = None if other is None else self._ghosts.mxid(network.name, other)
        return await self._voices.enter(portal, speaker.puppet, host)

    async def named(self, network: Network, ghost: Ghost, seen: PortalKey | None = None) -> Ghost:
        """The ghost as the network tells that it looks; asked for only if it has no name.

        `seen`: the chat in which it is, and so who is to be asked.
        """
        client = network.logins.client() if seen is None else network.logins.client_for(seen)
        name = await self._names.of(network.name, ghost.user)
        if name is None and ghost.name is None:
            # Whoever needs the same ghost waits for the same answer: it joins nowhere without.
            async with self._asking.hold((network.name, ghost.user)):
                name = await self._names.of(network.name, ghost.user)
                name = name or await self._ask(network, client, ghost.user)
        if client is not None or seen is None or seen.receiver is None:
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
