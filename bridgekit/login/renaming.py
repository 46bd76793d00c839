"""Automatic logins that are named after their person: another name on Matrix is one there, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bridgekit.adapter import Person
from bridgekit.adapter_supports import SupportsRenaming
from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError, RetryLater
from bridgekit.facts import Profile
from bridgekit.ids import LoginID, NetworkName, UserID
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
ASKED = 10.0  # seconds for our homeserver, which may have to ask another one that is gone
AT_ONCE = 8  # people
TRIES = 20  # while the homeserver does not answer


@dataclass(frozen=True, slots=True)
class _Look:
    """Somebody is to be looked up, as they were seen with this name; so many tries are left."""

    name: str
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class _Named:
    """A login that is named after its person."""

    network: Network
    adapter: SupportsRenaming
    row: LoginRow


class Renaming:
    """Of all networks where people are named after themselves.

    A name in one room says only that it is worth a look: what counts is the one that somebody has
    everywhere, and they are looked up at most once in `SETTLED`. None of it is stored, and of more
    people than fit the first are forgotten: whoever was not looked up since the start is when they
    connect.
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
        self._known: LRU[UserID, str] = LRU(KEPT)  # as whom they were seen when looked up
        self._due: LRU[UserID, _Look] = LRU(KEPT)
        self._woken = asyncio.Event()

    def shown(self, user: UserID, name: str) -> None:
        """How somebody is shown in one of their rooms has become known."""
        if self._known.get(user) != name and not self._owners.is_ours(user) and self._any:
            self._known.forget(user)  # whatever becomes of it, `connected` is to see to them
            self._want(user, _Look(name))

    def connected(self, name: NetworkName, login: LoginID) -> None:
        """A login is online, which may have been about to when its name was looked at."""
        row, network = self._owners.row(login), self._networks.get(name)
        if row is None or row.owner is None or row.kind is not LoginKind.AUTOMATIC:
            return
        renames = network is not None and isinstance(network.adapter, SupportsRenaming)
        if renames and row.owner not in self._known and row.owner not in self._due:
            self._want(row.owner, _Look(""))

    @property
    def _any(self) -> bool:
        """Else nobody is to be told."""
        return any(isinstance(network.adapter, SupportsRenaming) for network in self._networks)

    def _want(self, user: UserID, look: _Look) -> None:
        self._due.put(user, look)
        self._woken.set()

    async def run(self) -> None:
        """Tell the networks until cancelled."""
        while True:
            await self._woken.wait()
            await self._clock.sleep(SETTLED)
            self._woken.clear()
            due, self._due = self._due, LRU(KEPT)
            looks, silent = iter(due.items()), set[str]()
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work(looks, silent))

    async def _work(self, looks: Iterator[tuple[UserID, _Look]], silent: set[str]) -> None:
        """`silent`: who has not answered this time, and is not asked again: others wait behind."""
        for user, look in looks:
            try:
                told = await self._told(user, silent)
            except RetryLater:
                if look.tries > 1 and user not in self._due:
                    self._want(user, replace(look, tries=look.tries - 1))
            else:
                if told:
                    self._known.put(user, look.name)

    async def _told(self, user: UserID, silent: set[str]) -> bool:
        """Tell what they are called; False: they are to be looked up once they have connected.

        Raises `RetryLater` where somebody does not answer.
        """
        # Not made known for that: whoever is idle stays so until they say something.
        named = [one async for one in self._named(user)]
        ready = [one for one in named if not _connecting(one)]
        if not ready:
            return not named
        profile = await self._profile(user, silent)
        if profile is None:
            return True
        for one in ready:
            if _connecting(one):  # with the name that they had before
                return False
            await self._tell(one, user, profile, silent)
        return len(ready) == len(named)

    async def _named(self, user: UserID) -> AsyncIterator[_Named]:
        for network in self._networks:
            if not isinstance(network.adapter, SupportsRenaming):
                continue
            owned = self._signer.login_id(network.name, user)
            row = await patiently(partial(self._owners.kept, owned), self._clock)
            if row is not None and row.kind is LoginKind.AUTOMATIC:
                yield _Named(network, network.adapter, row)

    async def _profile(self, user: UserID, silent: set[str]) -> Profile | None:
        homeserver = user[user.find(":") :]
        if homeserver in silent:
            raise RetryLater("Their homeserver does not answer.")
        try:
            async with self._clock.timeout(ASKED):
                return await self._profiles.everywhere(user)
        except (RetryLater, TimeoutError):
            silent.add(homeserver)
            raise RetryLater("Their homeserver does not answer.") from None

    async def _tell(self, one: _Named, user: UserID, profile: Profile, silent: set[str]) -> None:
        owned, network = one.row.id, one.network
        if network.name in silent:
            raise RetryLater("The network does not answer.")
        login = network.logins.login(owned) or self._owners.opened(one.row)
        if login is None:
            return
        try:
            async with self._clock.timeout(PATIENCE):
                await one.adapter.rename(login, Person(owned, profile.name, localpart(user)))
        except Exception as error:  # noqa: BLE001 (an adapter's: what it cannot do ends no bridge)
            if isinstance(error, TimeoutError):
                silent.add(network.name)
            self._kept(one.row, error)

    def _kept(self, row: LoginRow, error: Exception) -> None:
        """Their name over there stays as it is; that is said, and not tried again."""
        why = str(error) if isinstance(error, BridgekitError) else type(error).__name__
        log.warning("a new name is not taken", network=row.network, login=row.id, why=why)
        self._writer.submit(note(millis(self._clock), f"login {row.id} keeps its name", why))


def _connecting(one: _Named) -> bool:
    return one.network.logins.connecting(one.row.id)
