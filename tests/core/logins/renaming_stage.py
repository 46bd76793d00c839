"""People whose logins are named after them, on a network that notes as whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

from bridgekit.adapter import Login
from bridgekit.adapter_supports import SupportsRenaming
from bridgekit.login.renaming import SETTLED, Renaming
from bridgekit.login_row import LoginRow
from bridgekit.person.profiles import Profiles
from bridgekit.testing.clock import VirtualClock, settle

ALICE = "@alice:example.org"
HERE, THERE = "!here", "!there"
JOINED = {"membership": "join"}


class Named(SupportsRenaming):
    def __init__(self):
        self.names = []
        self.fails = None
        self.stuck = asyncio.Event()
        self.stuck.set()

    async def rename(self, login, person):
        self.names.append((login.id, person.name, person.localpart))
        await self.stuck.wait()
        if self.fails is not None:
            raise self.fails


class Listed(list):
    def get(self, name):
        return next(network for network in self if network.name == name)


def login_of(network, user):
    return f"{network}-{user[1:].partition(':')[0]}"


def row_of(user):
    return LoginRow(login_of("net", user), "net", user)


class Stage:
    """Alice, who has an automatic login on one network, as others may have."""

    def __init__(self):
        self.others, self.dead = {}, set()
        self.clock, self.adapter = VirtualClock(), Named()
        self.row = row_of(ALICE)
        self.known = Login("net-alice", "Alice", {}, relay=False)
        self.connecting = False
        self.everywhere = {"displayname": "Alice"}
        self.asked, self.noted = [], []
        logins = SimpleNamespace(
            login=lambda login: self.known if login == self.row.id else None,
            connecting=lambda _: self.connecting,
        )
        network = SimpleNamespace(name="net", adapter=self.adapter, logins=logins)
        networks = Listed([network])
        networks.append(SimpleNamespace(name="other", adapter=object(), logins=None))
        owners = SimpleNamespace(
            kept=self._kept,
            row=self._row,
            is_ours=lambda user: user.startswith("@net_"),
            opened=lambda row: Login(row.id, None, {"kept": "yes"}, relay=False),
        )
        self.intents = SimpleNamespace(profile=self._profile)
        self.profiles = Profiles(self.intents, self._shown)
        self.renaming = Renaming(
            networks=networks,
            owners=owners,
            profiles=self.profiles,
            signer=SimpleNamespace(login_id=login_of),
            writer=SimpleNamespace(submit=self.noted.append),
            clock=self.clock,
        )

    def _shown(self, user, name):
        self.renaming.shown(user, name)

    def _row(self, login):
        return self.row if login == self.row.id else self.others.get(login)

    async def _kept(self, login):
        return self._row(login)

    def joined_by(self, *users):
        """These have logins, too, which are idle."""
        self.others |= {login_of("net", user): row_of(user) for user in users}

    async def _profile(self, user):
        self.asked.append(user)
        if user.partition(":")[2] in self.dead:
            await asyncio.Event().wait()
        if isinstance(self.everywhere, Exception):
            raise self.everywhere
        return self.everywhere

    def shows(self, name, *rooms, user=ALICE):
        for room in rooms or (HERE,):
            self.profiles.changed(room, user, {**JOINED, "displayname": name})

    async def passes(self, seconds=SETTLED):
        await settle()
        await self.clock.advance(seconds)
        await settle()

    @property
    def called(self):
        return [name for _, name, _ in self.adapter.names]


@asynccontextmanager
async def at_work() -> AsyncIterator[Stage]:
    stage = Stage()
    running = asyncio.create_task(stage.renaming.run())
    try:
        yield stage
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
