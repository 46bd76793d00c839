"""Which person on Matrix an account of a network is, and whether we may speak as them in a room.

A puppet is nobody's reason to be in a room: where its person is not, and was not asked in, their
ghost speaks. A private chat is theirs; there they are brought back.
"""

from __future__ import annotations

from contextlib import suppress

from bridgekit.clock import Clock
from bridgekit.ids import NetworkName, RemoteUserID, RoomID, UserID
from bridgekit.login.owners import Owners
from bridgekit.lru import LRU
from bridgekit.matrix.accounts import Account
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Right
from bridgekit.puppets.puppets import Puppets

LOOK_AGAIN = 300.0  # seconds after which somebody who was not in a room may be there
KEPT = 10_000


class Voices:
    """Of all networks. Of most accounts it is clear at once that they are nobody's here."""

    def __init__(
        self,
        puppets: Puppets,
        owners: Owners,
        permissions: Permissions,
        intents: Intents,
        clock: Clock,
    ) -> None:
        self._puppets, self._owners, self._permissions = puppets, owners, permissions
        self._intents, self._clock = intents, clock
        self._absent: LRU[tuple[RoomID, UserID], float] = LRU(KEPT)

    def person(self, portal: Portal, network: NetworkName, user: RemoteUserID) -> UserID | None:
        """Who signed in to this account, and may; looked up in memory. None: nobody.

        In a private chat only whose it is: others are not in its room.
        """
        found = self._owners.account(network, user)
        if found is None or portal.key.receiver not in (None, found[0]):
            return None
        person = found[1]
        return person if self._permissions.may(person, Right.SIGN_IN, network) else None

    def appears(self, portal: Portal, user: RemoteUserID) -> bool:
        """Whether somebody signed in to this account and is shown as themselves.

        In their own private chat they are there in any case: with a ghost of theirs, who writes
        from elsewhere, it would be one of three.
        """
        found = self._owners.account(portal.key.network, user)
        if found is None:
            return False
        return found[0] == portal.key.receiver or self._puppets.lent(found[1])

    async def account(self, portal: Portal, person: UserID) -> Account | None:
        """Their account, if we may speak as them in this chat's room."""
        if portal.room is None:
            return None
        away = self._absent.get((portal.room, person))
        if away is not None and self._clock.monotonic() - away < LOOK_AGAIN:
            return None
        return await self._puppets.of(person)

    def silenced(self, portal: Portal, account: Account) -> None:
        """The homeserver does not let them speak there: for a while it is not asked again."""
        if portal.room is not None:
            self._absent.put((portal.room, account.user), self._clock.monotonic())

    async def enter(self, portal: Portal, account: Account, ghost: UserID | None) -> bool:
        """Bring a person in whom the homeserver did not find in the room; False: nobody may.

        `ghost` is whom a private chat is with.
        """
        assert portal.room is not None  # noqa: S101 (something was sent there)
        with suppress(Refused):
            match await self._asked_in(portal, portal.room, account.user, ghost):
                case "invite":
                    await account.join(portal.room)
                    return True
                case "join":  # by now: they have just accepted an invitation
                    return True
        self.silenced(portal, account)
        return False

    async def _asked_in(
        self, portal: Portal, room: RoomID, person: UserID, ghost: UserID | None
    ) -> str:
        """How they stand in the room; to their private chat they are invited now."""
        # In a room that they have opened themselves the bot may not be, but their counterpart is.
        for host in dict.fromkeys((None, ghost)):
            with suppress(Refused):
                found = await self._intents.state(room, "m.room.member", person, host)
                now = str((found or {}).get("membership", "leave"))
                if portal.private and now == "leave":
                    await self._intents.invite(room, person, host)
                    return "invite"
                return now
        return "leave"
