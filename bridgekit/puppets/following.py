"""What a person's own account follows without a word: their private chats, their space, what they
have read, what they have muted.

All of it may be done again at any time, and none of it is worth a message.
"""

from __future__ import annotations

import asyncio

from bridgekit.clock import Clock
from bridgekit.ephemeral.newest import Newest
from bridgekit.errors import RetryLater
from bridgekit.ids import EventID, PortalID, RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.login.owners import Owners
from bridgekit.lru import LRU
from bridgekit.matrix.accounts import Account
from bridgekit.matrix.api import Refused
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.puppets.muting import Muting
from bridgekit.puppets.puppets import Puppets
from bridgekit.room.portals import Portals, counterpart

PATIENCE = 20.0  # seconds for one of them
TRIES = 5
KEPT = 10_000


class Following:
    """For all who have puppets."""

    def __init__(
        self,
        puppets: Puppets,
        portals: Portals,
        owners: Owners,
        namespaces: Namespaces,
        clock: Clock,
        muting: Muting,
    ) -> None:
        self._puppets, self._portals, self._owners = puppets, portals, owners
        self._namespaces, self._clock, self.muting = namespaces, clock, muting
        self._read: LRU[tuple[RoomID, UserID], EventID] = LRU(KEPT)
        self._locks: KeyedLocks[UserID] = KeyedLocks()  # a list of direct chats is one document
        self._tries: LRU[PortalID, int] = LRU(KEPT)
        self._newest: Newest[PortalID, None] = Newest("private chats of puppets", self._settle)

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self._newest, self.muting):
                group.create_task(work.run(), name="following")

    @property
    def busy(self) -> bool:
        """Whether a private chat is about to be entered and marked, or any chat muted."""
        return self._newest.busy or self.muting.busy

    async def enters(self, person: UserID, room: RoomID) -> None:
        """Enter a room to which the bridge has invited them; raises `RetryLater` and `Refused`."""
        account = await self._puppets.of(person)
        if account is not None:
            await account.join(room)

    def bound(self, portal: PortalID) -> None:
        """A chat has a room: where it is somebody's private one, they enter it. A hint."""
        self._newest.put(portal, None)

    async def follows(self, portal: Portal, person: UserID) -> bool:
        """Whether their account can follow what they do in this chat."""
        receiver = portal.key.receiver
        if receiver is not None and await self._owners.owner(receiver) != person:
            return False  # somebody else's private chat, in whose room they are not
        return await self._puppets.of(person) is not None

    async def read(self, person: UserID, room: RoomID, event: EventID) -> None:
        """Show that they have read it elsewhere; raises `RetryLater` and `Refused`."""
        account = await self._puppets.of(person)
        if account is not None:
            self._read.put((room, person), event)  # before it can come back
            await account.read(room, event)

    def read_by_us(self, person: UserID, room: RoomID, event: EventID) -> bool:
        """Whether that they have read it is what we said ourselves."""
        return self._read.get((room, person)) == event

    async def _settle(self, number: PortalID, _: None) -> None:
        portal = await self._portals.get(number)
        if portal.room is None or portal.key.receiver is None:
            return
        person = await self._owners.owner(portal.key.receiver)
        account = None if person is None else await self._puppets.of(person)
        if account is None:
            return
        try:
            async with self._clock.timeout(PATIENCE):
                await self._enter(portal, portal.room, account)
        except (RetryLater, TimeoutError) as error:
            self._again(number, error)
        except Refused:  # they are banned, say: then they know
            return

    async def _enter(self, portal: Portal, room: RoomID, account: Account) -> None:
        other = counterpart(portal)
        await account.join(room)
        self.muting.entered(portal)
        if other is not None:
            async with self._locks.hold(account.user):
                ghost = self._namespaces.ghost(portal.key.network, other)
                await account.mark_direct(room, ghost)

    def _again(self, number: PortalID, error: RetryLater | TimeoutError) -> None:
        tries = (self._tries.get(number) or 0) + 1
        self._tries.put(number, tries)
        if tries < TRIES:
            pause = (error.after if isinstance(error, RetryLater) else None) or PATIENCE
            self._clock.call_later(pause, lambda: self.bound(number))
