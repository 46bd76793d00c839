"""Keeps what rooms say about themselves right: bridge information, features, directory, space.

A desired state: what has not changed is not sent. After a start all rooms are looked at, gently
and one after the other, also for an upgrade that happened while the bridge was down; those that
are touched come first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bridgekit import retry
from bridgekit.adapter import Limits
from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import LoginID, NetworkName, PortalID, RoomID
from bridgekit.later import Later
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.membership.reconciler import Reconciler
from bridgekit.models import Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network, Networks
from bridgekit.pacing import Pacing
from bridgekit.patience import patiently
from bridgekit.room.bridge_info import FUNCTIONAL, KINDS, bridge_info, functional_members, state_key
from bridgekit.room.features import KIND as FEATURES
from bridgekit.room.features import room_features
from bridgekit.room.portals import Portals
from bridgekit.room.spaces import Spaces
from bridgekit.room.state import RoomState
from bridgekit.room.upgrades import Upgrades
from bridgekit.signing import Signer
from bridgekit.supports import SupportsLimits

log = structlog.get_logger()

PAGE = 100
LISTED, LISTED_AMONG_ALL = "listed", "listed among all"
LEVELS = "m.room.power_levels"
CHILD, PARENT = "m.space.child", "m.space.parent"
ELSEWHERE = (LISTED, LISTED_AMONG_ALL, CHILD)  # known by these names, but no state of the room
ALLOW = "let the bridge's bot publish rooms (Synapse: `room_list_publication_rules`)"
GENTLY = {"rate": 5.0, "burst": 5.0, "cost": 1.0}  # rooms a second
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Showing:
    """What an operator wants of a network's rooms: listed publicly, in a space of their own."""

    listed: bool = False
    space: bool = False


class Upkeep:
    """Of all rooms."""

    def __init__(
        self,
        portals: Portals,
        networks: Networks,
        state: RoomState,
        spaces: Spaces,
        upgrades: Later[Upgrades],
        intents: Intents,
        namespaces: Namespaces,
        signer: Signer,
        showing: Mapping[NetworkName, Showing],
        clock: Clock,
    ) -> None:
        self._portals, self._networks, self._state = portals, networks, state
        self._spaces, self._upgrades, self._intents = spaces, upgrades, intents
        self._namespaces, self._signer, self._showing = namespaces, signer, showing
        self._clock, self._pacing = clock, Pacing(clock)
        self._suspected: LRU[PortalID, bool] = LRU(KEPT)
        self._connected: set[NetworkName] = set()
        self._news = asyncio.Event()
        self._reconciler = Reconciler("rooms", self._round, _nothing, clock)
        self.wake = self._reconciler.wake

    def refused(self, portal: PortalID) -> None:
        """The homeserver refuses what is sent to its room: perhaps it was upgraded."""
        self._suspected.put(portal, True)
        self.wake(portal)

    def connected(self, network: NetworkName, login: LoginID) -> None:
        """A network's listener is there (again): only now its rooms' features are known."""
        found = self._networks.get(network)
        if found is not None and found.logins.listener() == login:
            self._connected.add(network)
            self._news.set()

    async def overruled(self, room: RoomID, kind: str, key: str) -> None:
        """Somebody else set state there: we may say ours again, or may say it only now."""
        if kind in ELSEWHERE:
            return
        for portal in await self._portals.in_room(room):
            await self._state.overruled(portal, f"{kind} {key}".strip())
            if kind == LEVELS and self._state.allowed(room):
                self.wake(portal.id)

    async def run(self) -> None:
        """Keep rooms right until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reconciler.run(), name="rooms")
            await self._look_at(None)
            while True:
                await self._news.wait()
                self._news.clear()
                connected = frozenset(self._connected)
                self._connected.clear()
                await self._look_at(connected)

    async def _look_at(self, networks: frozenset[NetworkName] | None) -> None:
        """Look after all rooms of these networks; None: of all, and for upgrades too."""
        after = PortalID(0)
        while page := await self._page(after):
            for portal in page:
                if networks is None:
                    self._suspected.put(portal.id, True)
                if networks is None or portal.key.network in networks:
                    await self._pacing.take(("all",), **GENTLY)
                    await self._patiently(portal.id)
            after = page[-1].id

    async def _page(self, after: PortalID) -> list[Portal]:
        """The next rooms, whenever the store has them to give."""
        return await patiently(partial(self._portals.rows.bound, after, PAGE), self._clock)

    async def _patiently(self, portal: PortalID) -> None:
        """One after the other, so that a homeserver that is away costs no memory."""
        attempts = 0
        while True:
            attempts += 1
            try:
                await self._round(portal)
            except RetryLater as error:
                wait = retry.delay(error.after, attempts, 1.0)
                if attempts > 1 and await self._homeserver_answers():
                    self._reconciler.wake_later(portal, wait)  # it is this room: the next ones
                    return
                await self._clock.sleep(wait)
            except Exception as error:  # noqa: BLE001 (one room must not stop the look at all others)
                log.warning("a room is not looked after", portal=portal, error=type(error).__name__)
                return
            else:
                return

    async def _homeserver_answers(self) -> bool:
        try:
            await self._intents.whoami()
        except (RetryLater, Refused):
            return False
        return True

    async def _round(self, portal_id: PortalID) -> None:
        portal = await self._portals.get(portal_id)
        network = self._networks.get(portal.key.network)
        if network is None or portal.room is None or portal.state is not PortalState.BOUND:
            return
        if self._suspected.get(portal_id):
            await self._upgrades.get().check(portal.room)
            self._suspected.forget(portal_id)
            portal = await self._portals.get(portal_id)
        if portal.state is PortalState.BOUND:
            await self._describe(portal, network)
            await self._show(portal, network)

    async def _describe(self, portal: Portal, network: Network) -> None:
        assert portal.room is not None  # noqa: S101 (as asked above)
        try:
            name = await self._intents.state(portal.room, "m.room.name")
        except Refused:
            return  # the bot is not in it: there is nothing that it could say
        await self.describe(portal, str((name or {}).get("name", "")) or None, network)

    async def describe(self, portal: Portal, name: str | None, network: Network) -> None:
        """Say what the room is bridged to, under this name."""
        for state in self._facts(portal, network, name):
            await self._state.put(portal, state["type"], state["content"], state["state_key"])
        features = _features(portal, network)
        if features is not None:
            await self._state.put(portal, FEATURES, features, self._key(portal)[0])

    def initial(self, portal: Portal, name: str | None) -> Sequence[Mapping[str, Any]]:
        """What a new room says of itself from its first moment."""
        network = self._networks.get(portal.key.network)
        return [] if network is None else self._facts(portal, network, name)

    def _facts(self, portal: Portal, network: Network, name: str | None) -> list[dict[str, Any]]:
        key, opaque = self._key(portal)
        bot, manifest = self._intents.bot, network.adapter.manifest
        info = bridge_info(portal, bot, (manifest.name, manifest.title), opaque, name)
        return [
            *({"type": kind, "state_key": key, "content": info} for kind in KINDS),
            {"type": FUNCTIONAL, "state_key": "", "content": functional_members(bot)},
        ]

    async def _show(self, portal: Portal, network: Network) -> None:
        showing = self._showing.get(network.name, Showing())
        assert portal.room is not None  # noqa: S101 (as asked above)
        if portal.private or not portal.ours:
            return  # the rooms of others are theirs to show
        try:
            if showing.space:
                await self._into_space(portal, portal.room, network)
            await self._list(portal, portal.room, listed=showing.listed)
        except Rejected as error:
            log.warning("a room is not shown", room=portal.room, why=str(error))

    async def _list(self, portal: Portal, room: RoomID, *, listed: bool) -> None:
        """Among the rooms of its network, and among all of the homeserver's if it lets us."""
        for name, network in ((LISTED, portal.key.network), (LISTED_AMONG_ALL, None)):
            if not listed and not await self._state.known(portal, name):
                continue
            publish = partial(self._intents.list_publicly, room, network, listed=listed)
            await self._state.once(portal, name, {"listed": listed}, publish, fix=ALLOW)

    async def _into_space(self, portal: Portal, room: RoomID, network: Network) -> None:
        space = await self._spaces.ensure(network.name, network.adapter.manifest.title)
        via = {"via": [self._namespaces.domain]}

        async def add() -> None:
            await self._intents.set_state(space, "m.space.child", via, room)

        await self._state.once(portal, CHILD, {"space": space, **via}, add)
        await self._state.put(portal, PARENT, {**via, "canonical": True}, space)

    async def forget(self, portal: Portal) -> None:
        """Take back all that the room of a portal says; it is to be unlinked."""
        assert portal.room is not None  # noqa: S101 (only a room says something)
        key, _ = self._key(portal)
        for kind in (*KINDS, FEATURES):
            if await self._state.known(portal, f"{kind} {key}"):
                await self._state.put(portal, kind, {}, key)
        await self.withdraw(portal)

    async def withdraw(self, portal: Portal) -> None:
        """Show its room nowhere any more: it is given up."""
        assert portal.room is not None  # noqa: S101 (only a room is shown)
        await self._list(portal, portal.room, listed=False)
        if await self._state.known(portal, CHILD):
            await self._out_of_space(portal, portal.room)

    async def _out_of_space(self, portal: Portal, room: RoomID) -> None:
        space = await self._spaces.ensure(portal.key.network, portal.key.network)

        async def remove() -> None:
            await self._intents.set_state(space, "m.space.child", {}, room)

        await self._state.once(portal, CHILD, {}, remove)
        await self._state.put(portal, PARENT, {}, space)

    def _key(self, portal: Portal) -> tuple[str, str]:
        """The state key of a portal, and what stands for a chat whose ID is nobody's business."""
        opaque = self._signer.portal_tag(portal.id)
        names = self._namespaces
        return state_key(names.domain, names.appservice, portal, opaque), opaque


def _features(portal: Portal, network: Network) -> Mapping[str, Any] | None:
    """What the chat can carry; None while nobody is connected who could tell."""
    login = portal.key.receiver or network.logins.listener()
    client = None if login is None else network.logins.client_of(login)
    if client is None:
        return None
    limits: Limits = network.adapter.manifest.limits
    if isinstance(client, SupportsLimits):
        limits = client.limits(Chat(portal.key.chat, portal.private))
    return room_features(client, limits)


async def _nothing(_after: PortalID, _limit: int) -> list[PortalID]:
    """What an earlier process left is found by looking at all rooms."""
    return []
