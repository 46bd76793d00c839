"""An automatic login is made of the name that its person has everywhere, where that can be had."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from bridgekit.errors import RetryLater
from bridgekit.facts import Profile
from bridgekit.ids import UserID
from bridgekit.login.first_names import PATIENCE, FirstNames
from bridgekit.matrix.api import Refused
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import Rig

ALICE = UserID("@alice:example.org")
HERE = Profile("Boss")


def names(profile, clock=None) -> FirstNames:
    return FirstNames(SimpleNamespace(profile=profile), clock or VirtualClock())


@pytest.mark.parametrize(("profile", "name"), [({"displayname": "Alice"}, "Alice"), ({}, "alice")])
async def test_the_name_of_one_room_is_not_theirs(profile, name) -> None:
    async def answering(user):
        assert user == ALICE
        return profile

    assert (await names(answering).of(ALICE, HERE)).name == name


@pytest.mark.parametrize("error", [RetryLater("away"), Refused("no", "M_FORBIDDEN", 403), None])
async def test_who_keeps_it_to_themselves_is_called_as_in_the_room(error) -> None:
    async def refusing(_user):
        if error is not None:
            raise error

    assert await names(refusing).of(ALICE, HERE) == HERE


async def test_a_slow_homeserver_is_not_waited_for_long() -> None:
    clock = VirtualClock()

    async def silent(_user):
        await asyncio.Event().wait()

    naming = asyncio.create_task(names(silent, clock).of(ALICE, HERE))
    await settle()
    await clock.advance(PATIENCE)
    assert await naming == HERE


async def test_a_new_login_is_made_of_it_and_not_looked_up_again(tmp_path, monkeypatch) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        owners, (network,) = rig.bridge.parts.owners, rig.bridge.parts.networks
        monkeypatch.setattr(
            network.adapter, "automatic_login", lambda person: {"name": person.name}
        )
        alice = rig.hs.person("alice")
        await alice.set_display_name("Alice")
        login = await owners.own_login(network, UserID(alice.user_id), HERE)
        assert login is not None
        known = network.logins.login(login)
        assert known is not None
        assert (known.person, known.credentials) == ("Alice", {"name": "Alice"})
        await alice.set_display_name("Alicia")
        owners.forget(login)
        await owners.own_login(network, UserID(alice.user_id), HERE)
        row = await owners.kept(login)
        assert row is not None
        opened = owners.opened(row)
        assert opened is not None
        assert opened.credentials == {"name": "Alice"}, "it is renamed, and not made anew"
