"""Keeps what rooms say about themselves right, and where they are shown.

A desired state: what has not changed is not sent. After a start all rooms are looked at, gently
and one after the other, also for an upgrade that happened while the bridge was down; those that
are touched come first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from bridgekit import retry
from bridgekit.adapter import Limits
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import LoginID, NetworkName, PortalID, RoomID
from bridgekit.later import Later
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.appservice import AppService
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
from bridgekit.room.shown import ELSEWHERE, Shown
from bridgekit.room.state import RoomState
from bridgekit.room.upgrades import Upgrades
from bridgekit.signing import Signer
from bridgekit.supports import SupportsLimits

log = structlog.get_logger()

PAGE = 100
LEVELS = "m.room.power_levels"
GENTLY = {"rate": 5.0, "burst": 5.0, "cost": 1.0}  # rooms a second
KEPT = 10_000


class Upkeep:
    """Of all rooms."""

    def __init__(
        self,
        portals: Portals,
        networks: Networks,
        state: RoomState,
        shown: Shown,
        upgrades: Later[Upgrades],
        intents: Intents,
        appservice: AppService,
        namespaces: Namespaces,
        signer: Signer,
        clock: Clock,
        off: Callable[[], Awaitable[None]],
    ) -> None:
        """`off` waits while the operator brakes everything."""
        self._brake_off = off
        self._portals, self._networks, self._state = portals, networks, state
        self._shown, self._upgrades = shown, upgrades
        self._intents, self._appservice = intents, appservice
        self._namespaces, self._signer = namespaces, signer
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
        if found is not None and found.logins.listeners.has(login):
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
                    await self._brake_off()
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
            await self._appservice.whoami()
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
            await self._shown.show(portal, network)
            if (await self._portals.get(portal_id)).room != portal.room:
                await self._shown.withdraw(portal)  # its chat has left it meanwhile

    async def _describe(self, portal: Portal, network: Network) -> None:
        assert portal.room is not None  # noqa: S101 (as asked above)
        try:
            name = await self._intents.state(portal.room, "m.room.name")
        except Refused:
            return  # the bot is not in it: there is nothing that it could say
        await self.describe(portal, str((name or {}).get("name", "")) or None, network)
        await self._take_back(portal, but=self._key(portal)[0])  # its chat had another ID once

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

    async def forget(self, portal: Portal) -> None:
        """Take back all that the room of a portal says; it is to be unlinked."""
        assert portal.room is not None  # noqa: S101 (only a room says something)
        await self._take_back(portal)
        await self._shown.withdraw(portal)

    async def _take_back(self, portal: Portal, but: str | None = None) -> None:
        for kind, key in await self._state.said(portal):
            if kind in (*KINDS, FEATURES) and key != but:
                await self._state.take_back(portal, kind, key)

    def _key(self, portal: Portal) -> tuple[str, str]:
        """The state key of a portal, and what stands for a chat whose ID is nobody's business."""
        opaque = self._signer.portal_tag(portal.id)
        names = self._namespaces
        return state_key(names.domain, names.appservice, portal, opaque), opaque


def _features(portal: Portal, network: Network) -> Mapping[str, Any] | None:
    """What the chat can carry; None while nobody is connected who could tell."""
    login = network.logins.listeners.hearing(portal.key)
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
