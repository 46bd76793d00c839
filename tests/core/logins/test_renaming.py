"""Whoever changes their name on Matrix has the new one where logins are named after people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from bridgekit.adapter import Login
from bridgekit.adapter_supports import SupportsRenaming
from bridgekit.errors import Rejected, RetryLater
from bridgekit.login.renaming import SETTLED, TRIES, Renaming
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.matrix.api import Refused
from bridgekit.person.profiles import Profiles
from bridgekit.testing.clock import VirtualClock, settle

ALICE = "@alice:example.org"
HERE, THERE = "!here", "!there"
JOINED = {"membership": "join"}


class Named(SupportsRenaming):
    def __init__(self):
        self.names = []
        self.fails = None

    async def rename(self, login, person):
        self.names.append((login.id, person.name, person.localpart))
        if self.fails is not None:
            raise self.fails


class Stage:
    """Alice, who has an automatic login on one network."""

    def __init__(self):
        self.clock, self.adapter = VirtualClock(), Named()
        self.row = LoginRow("net-alice", "net", ALICE)
        self.known = Login("net-alice", "Alice", {}, relay=False)
        self.connecting = False
        self.everywhere = {"displayname": "Alice"}
        self.asked, self.noted = [], []
        logins = SimpleNamespace(
            login=lambda login: self.known if login == self.row.id else None,
            connecting=lambda _: self.connecting,
        )
        network = SimpleNamespace(name="net", adapter=self.adapter, logins=logins)
        other = SimpleNamespace(name="other", adapter=object(), logins=None)
        owners = SimpleNamespace(
            kept=self._kept,
            is_ours=lambda user: user.startswith("@net_"),
            opened=lambda row: Login(row.id, None, {"kept": "yes"}, relay=False),
        )
        intents = SimpleNamespace(profile=self._profile)
        self.profiles = Profiles(intents, self._shown)
        self.renaming = Renaming(
            networks=[network, other],
            owners=owners,
            profiles=self.profiles,
            signer=SimpleNamespace(login_id=lambda network, user: f"{network}-{user[1:6]}"),
            writer=SimpleNamespace(submit=self.noted.append),
            clock=self.clock,
        )

    def _shown(self, user, name):
        self.renaming.shown(user, name)

    async def _kept(self, login):
        return self.row if login == self.row.id else None

    async def _profile(self, user):
        self.asked.append(user)
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


@pytest.fixture
async def stage():
    async with at_work() as stage:
        yield stage


async def test_a_new_name_is_told_once_however_many_rooms_it_shows_in(stage):
    stage.everywhere = {"displayname": "Alicia \n the\x00 2nd"}
    stage.shows("Alicia", HERE, THERE)
    await stage.passes()
    assert stage.adapter.names == [("net-alice", "Alicia the 2nd", "alice")]
    assert stage.asked == [ALICE]
    stage.shows("Alicia", HERE, THERE)
    await stage.passes()
    assert len(stage.adapter.names) == 1


async def test_of_names_that_follow_one_another_the_last_is_told(stage):
    for name in ("A", "Al", "Ali"):
        stage.everywhere = {"displayname": name}
        stage.shows(name)
    await stage.passes()
    assert stage.called == ["Ali"]


async def test_a_name_in_one_room_is_nobodys_name_elsewhere(stage):
    stage.shows("Boss", THERE)
    await stage.passes()
    assert stage.called == ["Alice"]


async def test_who_has_no_name_is_called_by_their_id(stage):
    stage.everywhere = {}
    stage.shows(None)
    await stage.passes()
    assert stage.called == ["alice"]


@pytest.mark.parametrize("hidden", [None, Refused("no", "M_FORBIDDEN", 403)])
async def test_where_nobody_tells_their_name_nothing_changes(stage, hidden):
    stage.everywhere = hidden
    stage.shows("Alicia")
    await stage.passes(SETTLED * 3)
    assert (stage.called, stage.asked) == ([], [ALICE])


@pytest.mark.parametrize("kind", [LoginKind.SIGNED_IN, LoginKind.LEAVING])
async def test_only_automatic_logins_are_named_after_people(stage, kind):
    stage.row = LoginRow("net-alice", "net", ALICE, kind=kind)
    stage.shows("Alicia")
    await stage.passes()
    assert (stage.called, stage.asked) == ([], [])


async def test_ghosts_and_people_without_a_login_are_nobodys_business(stage):
    stage.shows("Ghost", user="@net_ghost:example.org")
    stage.shows("Bob", user="@bob:example.org")
    await stage.passes()
    assert (stage.called, stage.asked) == ([], [])


async def test_who_is_idle_is_renamed_and_stays_idle(stage):
    stage.known = None
    stage.shows("Alicia")
    await stage.passes()
    assert stage.called == ["Alice"]


async def test_who_is_about_to_connect_is_renamed_afterwards(stage):
    stage.connecting = True
    stage.shows("Alicia")
    await stage.passes()
    assert stage.called == []
    stage.connecting = False
    await stage.passes()
    assert stage.called == ["Alice"]


async def test_a_homeserver_that_does_not_answer_is_asked_again_and_not_for_ever(stage):
    stage.everywhere = RetryLater("away")
    stage.shows("Alicia")
    for _ in range(TRIES + 3):
        await stage.passes()
    assert len(stage.asked) == TRIES
    stage.everywhere = {"displayname": "Alicia"}
    stage.shows("Alicia!")
    await stage.passes()
    assert stage.called == ["Alicia"]


@pytest.mark.parametrize(
    ("error", "why"),
    [(Rejected("somebody else has it"), "somebody else has it"), (KeyError("x"), "KeyError")],
)
async def test_what_an_adapter_cannot_do_is_shown_to_the_operator_and_not_tried_again(
    stage, error, why
):
    stage.adapter.fails = error
    stage.shows("Alicia")
    await stage.passes(SETTLED * 5)
    assert len(stage.called) == 1
    rows = [row for noted in stage.noted for _, values in noted.changes for row in values]
    assert [(row["what"], row["detail"]) for row in rows] == [
        ("login net-alice keeps its name", why)
    ]
    stage.adapter.fails = None
    stage.shows("Alison")
    await stage.passes()
    assert len(stage.called) == 2
