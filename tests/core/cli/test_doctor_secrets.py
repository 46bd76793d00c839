"""`bridgekit doctor` on what people sign in with, and on the policy lists that are to be obeyed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.cli.options import load
from bridgekit.ids import LoginID, NetworkName, UserID
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.sealing import Sealing
from bridgekit.store.people import save_login, save_told
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, flat, registration, replace
from tests.core.cli.seen import found

OLD = b"the key of before, which is long"
SECRET = "hunter2-correct-horse"
BOT = "@bridgebot:example.org"
UNTIL = (
    "so this policy list is not obeyed yet. It enters as it starts if the room is public; else "
    "invite "
)


def stored(fill: Fill, sealing: Sealing | None, name: str = "alice") -> None:
    """A login of theirs; without sealing one from before there was any."""
    login = LoginID(f"tower:{name}")
    sealed = SECRET if sealing is None else sealing.seal(SECRET, f"login:{login}")
    owner = UserID(f"@{name}:example.org")
    row = LoginRow(login, NetworkName("tower"), owner, sealed, kind=LoginKind.SIGNED_IN)

    async def one(rows: Rows) -> None:
        await rows.write(save_login(row))

    fill(one)


def present(config: Path) -> Sealing:
    return Sealing(load(config).appservice.sealing_keys)


async def test_what_is_sealed_with_the_present_key_is_well(
    doctor: Doctor, connected: Path, fill: Fill
) -> None:
    await asyncio.to_thread(stored, fill, present(connected))
    text = flat((await doctor()).stdout)
    assert "What people sign in with is sealed with the present key." in text


async def test_what_no_key_opens_and_what_is_in_clear_is_said(doctor: Doctor, fill: Fill) -> None:
    await asyncio.to_thread(stored, fill, Sealing([OLD]))
    await asyncio.to_thread(stored, fill, None, "bob")
    result = await doctor()
    text = flat(result.stdout)
    assert result.exit_code == 4
    assert "No configured key opens 1 stored secret: nobody is signed in by it." in text
    assert "1 stored secret: in clear. Start the bridge, which seals anew" in text
    assert SECRET not in text
    seen = await found(doctor)
    assert "old_encryption_keys" in seen["credentials-lost"]["fix"]
    assert "bridgekit do seal-anew" in seen["credentials-not-sealed"]["fix"]


async def test_logins_that_a_network_refuses_are_counted(doctor: Doctor, fill: Fill) -> None:
    await asyncio.to_thread(stored, fill, None, "bob")
    assert "login-refused" not in await found(doctor)

    async def refused(rows: Rows) -> None:
        await rows.write(save_told(LoginID("tower:bob"), "refused"))

    await asyncio.to_thread(fill, refused)
    seen = await found(doctor)
    assert seen["login-refused"]["text"].startswith("tower refuses 1 login of people")


async def test_what_an_old_key_opens_is_said_and_an_old_key_that_nothing_needs(
    doctor: Doctor, connected: Path, fill: Fill
) -> None:
    before = present(connected)
    replace(connected, "appservice:\n", f"appservice:\n  encryption_key: {'k' * 32}\n")
    await asyncio.to_thread(stored, fill, before)
    assert "1 stored secret: sealed with an old key." in flat((await doctor()).stdout)
    await asyncio.to_thread(stored, fill, present(connected))
    replace(connected, "appservice:\n", f"appservice:\n  old_encryption_keys: [{'o' * 32}]\n")
    text = flat((await doctor()).stdout)
    assert "Nothing needs `appservice.old_encryption_keys` any more." in text
    assert (await found(doctor))["old-key-idle"]["fix"] == "Take them out of the configuration."


@pytest.fixture
def listed(connected: Path) -> Path:
    connected.write_text(f'{connected.read_text()}\nmoderation: {{lists: ["#bad:example.org"]}}\n')
    return connected


async def test_a_policy_list_is_looked_at_step_by_step(
    doctor: Doctor, homeserver: FakeHomeserver, listed: Path
) -> None:
    homeserver.load_registration(registration(listed))
    homeserver.world.add_account(BOT)
    one = (await found(doctor))["policy-list-unknown"]
    assert one["text"] == "There is no room #bad:example.org."
    alice = homeserver.person("alice")
    room = await alice.create_room(room_alias_name="bad")
    text = flat((await doctor()).stdout)
    assert f"The bridge is not in #bad:example.org, {UNTIL}{BOT} there." in text
    assert "policy-list-outside" in await found(doctor)
    await alice.invite(room, BOT)
    await homeserver.person("bridgebot").join(room)
    assert "The policy list #bad:example.org can be read." in flat((await doctor()).stdout)
    await alice.set_state(room, "m.room.tombstone", {"replacement_room": "!better:example.org"})
    one = (await found(doctor))["policy-list-moved"]
    assert one["text"].endswith("was replaced by !better:example.org, which is followed.")
    assert one["fix"] == "Write !better:example.org in `moderation.lists`."
    homeserver.fail("GET", "/m.room.create", status=500, errcode="M_UNKNOWN")
    assert "policy-list-unasked" in await found(doctor)
