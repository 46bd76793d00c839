"""Chats that a person has muted elsewhere are muted in their own Matrix account, too.

Mentions still notify. What they have chosen on Matrix themselves is left alone. Nothing is stored
here: networks tell it again after each connect.
"""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.ephemeral.newest import Newest
from bridgekit.errors import RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import LoginID, NetworkName, PortalKey
from bridgekit.login.owners import Owners
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.models import Portal
from bridgekit.puppets.puppets import Puppets
from bridgekit.room.portals import Portals, key_of

PATIENCE = 20.0  # seconds for one of them
TRIES = 5
KEPT = 10_000

_Place = tuple[LoginID, PortalKey]


class Muting:
    """For all who have puppets."""

    def __init__(self, puppets: Puppets, portals: Portals, owners: Owners, clock: Clock) -> None:
        self._puppets, self._portals, self._owners = puppets, portals, owners
        self._clock = clock
        self._told: LRU[_Place, bool] = LRU(KEPT)  # also of chats that have no room yet
        self._tries: LRU[_Place, int] = LRU(KEPT)
        self._newest: Newest[_Place, None] = Newest("muted chats", self._settle)
        self.run = self._newest.run

    @property
    def busy(self) -> bool:
        """Whether a room is about to be muted, or no longer."""
        return self._newest.busy

    def muted(self, network: NetworkName, login: LoginID, chat: Chat, *, muted: bool) -> None:
        """See `Host.muted`."""
        place = (login, key_of(network, chat, login))
        self._told.put(place, muted)
        self._tries.forget(place)
        self._newest.put(place, None)

    def entered(self, portal: Portal) -> None:
        """A private chat has a room now, which they may have muted before."""
        if portal.key.receiver is not None:
            self._newest.put((portal.key.receiver, portal.key), None)

    async def _settle(self, place: _Place, _: None) -> None:
        login, key = place
        muted, portal = self._told.get(place), await self._portals.find(key)
        person = await self._owners.owner(login)
        if muted is None or person is None or portal is None or portal.room is None:
            return
        account = await self._puppets.of(person)
        if account is None:
            return
        try:
            async with self._clock.timeout(PATIENCE):
                await account.mute(portal.room, muted=muted)
        except (RetryLater, TimeoutError) as error:
            self._again(place, error)
        except Refused:  # they are not in the room, say
            return

    def _again(self, place: _Place, error: RetryLater | TimeoutError) -> None:
        tries = (self._tries.get(place) or 0) + 1
        self._tries.put(place, tries)
        if tries < TRIES:
            pause = (error.after if isinstance(error, RetryLater) else None) or PATIENCE
            self._clock.call_later(pause, lambda: self._newest.put(place, None))
