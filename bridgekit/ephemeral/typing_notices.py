"""Who types, both ways: told at once or not at all, since it is worth nothing when it is late.

Nothing here is stored, repeated or waited for (delivery rule 4).
"""

from __future__ import annotations

import secrets
from contextlib import suppress

from bridgekit.clock import Clock
from bridgekit.ephemeral.newest import Newest
from bridgekit.ephemeral.spoken_for import SpokenFor
from bridgekit.errors import BridgekitError
from bridgekit.events import MatrixEvent, MemberState, Typing
from bridgekit.facts import Chat, Profile
from bridgekit.ids import PortalID, RemoteUserID, RoomID, UserID
from bridgekit.login.owners import Owners
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.ephemeral import NowTyping
from bridgekit.matrix.intents import Intents
from bridgekit.models import Direction, Portal
from bridgekit.person.profiles import Profiles, localpart
from bridgekit.reasons import Reason
from bridgekit.room.portals import Portals
from bridgekit.status import Status
from bridgekit.store.members import MemberRows
from bridgekit.supports import SupportsTyping
from bridgekit.to_network.own_login import OwnLogins

SHOWN = 30.0  # seconds for which a room shows it, unless it is said again
SAY_AGAIN = 20.0  # seconds in which saying it again changes nothing
PATIENCE = 5.0  # seconds; later it is not true any more
KEPT = 5000


class TypingToMatrix:
    """Ghosts that type."""

    def __init__(
        self,
        portals: Portals,
        members: MemberRows,
        owners: Owners,
        intents: Intents,
        status: Status,
        clock: Clock,
    ) -> None:
        self._portals, self._members, self._owners = portals, members, owners
        self._intents, self._status, self._clock = intents, status, clock
        self._since: LRU[tuple[PortalID, RemoteUserID], float] = LRU(KEPT)
        self._newest = Newest("typing to Matrix", self._show)
        self.run = self._newest.run

    def typing(self, portal: Portal, user: RemoteUserID, *, active: bool) -> None:
        """`user` types, or has stopped."""
        key, now = (portal.id, user), self._clock.monotonic()
        since = self._since.get(key)
        typed = since is not None and now - since < SHOWN
        if active:
            if since is not None and now - since < SAY_AGAIN:
                return
            self._since.put(key, now)
        else:
            self._since.forget(key)
            if not typed:
                return
        if not self._newest.put(key, active):
            self._since.forget(key)
            self._count(portal, Reason.EXPIRED)

    def said(self, portal: Portal, user: RemoteUserID | None) -> None:
        """What they typed is there."""
        if user is not None:
            self.typing(portal, user, active=False)

    @property
    def busy(self) -> bool:
        """Whether something is about to be shown."""
        return self._newest.busy

    async def _show(self, key: tuple[PortalID, RemoteUserID], active: bool) -> None:  # noqa: FBT001 (the state that `Newest` carries)
        number, user = key
        portal = await self._portals.get(number)
        ghost = self._owners.mxid(portal.key.network, user)
        if portal.room is None:
            self._count(portal, Reason.NOT_LINKED)
        elif not self._owners.is_ours(ghost):
            self._count(portal, Reason.OWN_ECHO)
        elif await self._members.actual(number, user) is not MemberState.JOIN:
            self._count(portal, Reason.NO_CHANGE)
        else:
            reason = await self._put(portal.room, ghost, active=active)
            self._count(portal, reason)

    async def _put(self, room: RoomID, ghost: UserID, *, active: bool) -> Reason:
        try:
            async with self._clock.timeout(PATIENCE):
                await self._intents.typing(ghost, room, active=active, shown=SHOWN)
        except Refused:
            return Reason.HOMESERVER_REFUSED
        except (BridgekitError, TimeoutError):
            return Reason.EXPIRED
        return Reason.DELIVERED

    def _count(self, portal: Portal, reason: Reason) -> None:
        self._status.count(portal.key.network, Direction.TO_MATRIX, reason)


class TypingToNetwork:
    """People who type, each as themselves. Nobody's login is connected for it.

    Where a network shows that a relay types, it does while any of those does whom it speaks for.
    """

    def __init__(
        self,
        own: OwnLogins,
        spoken_for: SpokenFor,
        portals: Portals,
        profiles: Profiles,
        status: Status,
        clock: Clock,
    ) -> None:
        self._own, self._spoken_for, self._portals = own, spoken_for, portals
        self._profiles, self._status, self._clock = profiles, status, clock
        self._last: LRU[RoomID, frozenset[UserID]] = LRU(KEPT)
        self._newest = Newest("typing to networks", self._tell)
        self.run = self._newest.run

    async def now(self, typing: NowTyping) -> None:
        """Everybody who types in a room: who began and who stopped is told."""
        portals = await self._portals.in_room(typing.room)
        if not portals:
            return
        before = self._last.get(typing.room) or frozenset()
        self._last.put(typing.room, typing.users)
        for portal in portals:
            relayed = self._spoken_for.client(portal) is not None
            for user in sorted(before ^ typing.users):
                if isinstance(self._own.client(portal, user), SupportsTyping):
                    self._put(portal, user, active=user in typing.users)
                elif not relayed or not self._spoken_for.has(portal, user):
                    ghost = not self._own.is_person(user)
                    self._count(portal, Reason.OWN_ECHO if ghost else Reason.NOT_BRIDGED_KIND)
            if relayed:
                was, now = (self._some(portal, users) for users in (before, typing.users))
                if was != now:
                    self._put(portal, None, active=now)

    def _some(self, portal: Portal, users: frozenset[UserID]) -> bool:
        """Whether the relay speaks for one of these."""
        return any(
            self._spoken_for.has(portal, user)
            and not isinstance(self._own.client(portal, user), SupportsTyping)
            for user in users
        )

    def _put(self, portal: Portal, user: UserID | None, *, active: bool) -> None:
        if not self._newest.put((portal.id, user), active):
            self._count(portal, Reason.EXPIRED)

    @property
    def busy(self) -> bool:
        """Whether something is about to be told."""
        return self._newest.busy

    async def _tell(self, key: tuple[PortalID, UserID | None], active: bool) -> None:  # noqa: FBT001 (the state that `Newest` carries)
        number, user = key
        portal = await self._portals.get(number)
        own = None if user is None else self._own.client(portal, user)
        client = self._spoken_for.client(portal) if user is None else own
        if client is None or not isinstance(client, SupportsTyping):
            self._count(portal, Reason.EXPIRED)  # it has lost its connection since
            return
        event = MatrixEvent(
            chat=Chat(portal.key.chat, portal.private),
            content=Typing(active),
            txn=secrets.token_hex(12),  # nobody ever repeats it
            author=Profile("") if user is None else await self._author(portal, user),
            relayed=user is None,
        )
        self._count(portal, await self._call(client, event))

    async def _call(self, client: SupportsTyping, event: MatrixEvent[Typing]) -> Reason:
        try:
            async with self._clock.timeout(PATIENCE):
                await client.typing(event)
        except (BridgekitError, OSError):
            return Reason.REJECTED
        except Exception:  # noqa: BLE001 (foreign code, and nothing that is worth a line each time)
            return Reason.INTERNAL
        return Reason.DELIVERED

    async def _author(self, portal: Portal, user: UserID) -> Profile:
        if portal.room is not None:
            with suppress(Refused, BridgekitError):
                return await self._profiles.of(portal.room, user)
        return Profile(localpart(user))

    def _count(self, portal: Portal, reason: Reason) -> None:
        self._status.count(portal.key.network, Direction.TO_NETWORK, reason)
