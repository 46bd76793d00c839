"""Logins that have connected anew: what is known of their chats is looked at, one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import NoReturn

from bridgekit.clock import Clock
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, PortalKey
from bridgekit.patience import patiently
from bridgekit.room.portals import Portals


class Connects:
    """`wake` is told of each portal of the chats that `chats_of` names for a login."""

    def __init__(
        self,
        portals: Portals,
        chats_of: Callable[[NetworkName, LoginID], Iterable[ChatID]],
        wake: Callable[[PortalID], None],
        clock: Clock,
    ) -> None:
        self._portals, self._chats_of, self._wake, self._clock = portals, chats_of, wake, clock
        self._connected: dict[tuple[NetworkName, LoginID], None] = {}
        self._woken = asyncio.Event()

    def add(self, name: NetworkName, login: LoginID) -> None:
        self._connected[name, login] = None
        self._woken.set()

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            self._woken.clear()
            while self._connected:
                (name, login), _ = self._connected.popitem()
                await self._all_of(name, login)
            await self._woken.wait()

    async def _all_of(self, name: NetworkName, login: LoginID) -> None:
        for chat in self._chats_of(name, login):
            find = partial(self._portals.find, PortalKey(name, chat))
            portal = await patiently(find, self._clock)
            if portal is not None:
                self._wake(portal.id)
