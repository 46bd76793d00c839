"""Automatic logins that are named after their person: another name on Matrix is one there, too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

import structlog

from bridgekit.adapter import Person
from bridgekit.adapter_supports import SupportsRenaming
from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError, RetryLater
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.login.owners import Owners
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.lru import LRU
from bridgekit.networks import Network, Networks
from bridgekit.patience import patiently
from bridgekit.person.profiles import KEPT, Profiles, localpart
from bridgekit.signing import Signer
from bridgekit.store.changes import note
from bridgekit.store.writer import Writer

log = structlog.get_logger()

SETTLED = 30.0  # seconds: a new name comes once for each room, and may be mended at once
PATIENCE = 60.0  # seconds for a network to take it
TRIES = 20  # while a login connects, or the homeserver does not answer


class Renaming:
    """Of all networks where people are named after themselves.

    A name in one room says only that it is worth a look: what counts is the one that somebody has
    everywhere, and they are looked up at most once in `SETTLED`. None of it is stored: whoever
    says something after a restart is looked up, too.
    """

    def __init__(
        self,
        networks: Networks,
        owners: Owners,
        profiles: Profiles,
        signer: Signer,
        writer: Writer,
        clock: Clock,
    ) -> None:
        self._networks, self._owners, self._profiles = networks, owners, profiles
        self._signer, self._writer, self._clock = signer, writer, clock
        self._seen: LRU[UserID, str] = LRU(KEPT)
        self._due: dict[UserID, int] = {}  # with the tries that are left
        self._woken = asyncio.Event()

    def shown(self, user: UserID, name: str) -> None:
        """How somebody is shown in one of their rooms has become known."""
        if self._seen.get(user) == name or self._owners.is_ours(user):
            return
        self._seen.put(user, name)
        if any(self._renaming()):  # else nobody is to be told
            self._want(user, TRIES)

    def _renaming(self) -> Iterator[tuple[Network, SupportsRenaming]]:
        for network in self._networks:
            if isinstance(network.adapter, SupportsRenaming):
                yield network, network.adapter

    def _want(self, user: UserID, tries: int) -> None:
        self._due[user] = max(tries, self._due.get(user, 0))
        self._woken.set()

    async def run(self) -> None:
        """Tell the networks until cancelled."""
        while True:
            await self._woken.wait()
            await self._clock.sleep(SETTLED)
            self._woken.clear()
            due, self._due = self._due, {}
            for user, tries in due.items():
                if not await self._looked(user) and tries > 1:
                    self._want(user, tries - 1)

    async def _looked(self, user: UserID) -> bool:
        """Whether each network knows now what they are called; False: it is to be tried again."""
        done = True
        for network, adapter in self._renaming():
            done = await self._told(network, adapter, user) and done
        return done

    async def _told(self, network: Network, adapter: SupportsRenaming, user: UserID) -> bool:
        owned = self._signer.login_id(network.name, user)
        # Not made known for that: whoever is idle stays so until they say something.
        row = await patiently(partial(self._owners.kept, owned), self._clock)
        if row is None or row.kind is not LoginKind.AUTOMATIC:
            return True
        try:
            profile = await self._profiles.everywhere(user)
        except RetryLater:
            return False
        if network.logins.connecting(owned):  # with the name that they had before
            return False
        login = network.logins.login(owned) or self._owners.opened(row)
        if profile is None or login is None:
            return True
        try:
            async with self._clock.timeout(PATIENCE):
                await adapter.rename(login, Person(owned, profile.name, localpart(user)))
        except Exception as error:  # noqa: BLE001 (an adapter's: what it cannot do ends no bridge)
            self._kept(row, error)
        return True

    def _kept(self, row: LoginRow, error: Exception) -> None:
        """Their name over there stays as it is; that is said, and not tried again."""
        why = str(error) if isinstance(error, BridgekitError) else type(error).__name__
        log.warning("a new name is not taken", network=row.network, login=row.id, why=why)
        self._writer.submit(note(millis(self._clock), f"login {row.id} keeps its name", why))
