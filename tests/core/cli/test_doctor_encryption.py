"""`bridgekit doctor` on encrypted rooms: the device that reads them, its keys, and what waits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.cli.options import load
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.sealing import Sealing
from bridgekit.store.encryption import OwnDevice, save_own
from bridgekit.store.sql import Rows as Changes
from bridgekit.store.unread_events import Unread, keep_unread
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, flat, registration, replace
from tests.core.cli.seen import found, rewrite

OLD = b"the key of before, which is long"
BELONGS = "belongs to the configuration."
BOT, DEVICE = "@bridgebot:example.org", "BRIDGEKIT1"


def sealed(config: Path, text: str = "keys") -> str:
    return Sealing(load(config).appservice.sealing_keys).seal(text, f"own device:{DEVICE}")


def with_device(fill: Fill, keys: str) -> None:
    async def made(rows: Rows) -> None:
        await rows.write(Changes(save_own(OwnDevice(DEVICE, keys, "", 1, known=True))))

    fill(made)


def waiting(fill: Fill, *events: str) -> None:
    some = [
        Unread(EventID(one), RoomID("!r"), "session", UserID("@a:example.org"), "{}", 1_000, "")
        for one in events
    ]

    async def put_by(rows: Rows) -> None:
        await rows.write(Changes(keep_unread(some)))

    fill(put_by)


def bridged(fill: Fill, room: str) -> None:
    async def bound(rows: Rows) -> None:
        await rows.bind(await rows.portal("#room"), room)

    fill(bound)


@pytest.fixture
def encrypting(connected: Path, homeserver: FakeHomeserver) -> Path:
    """Encrypted rooms are read, and the registration was not printed anew since."""
    rewrite(connected, lambda text: f"{text}\nencryption: {{mode: allow}}\n")
    homeserver.load_registration(registration(connected))
    return connected


def renewed(homeserver: FakeHomeserver, config: Path) -> None:
    """As `registration print` would have it."""
    path = config.with_name("registration.yaml")
    rewrite(
        path,
        lambda text: (
            text.replace("'bridgebot'", "'bridgebot-sender'") + "\nio.element.msc4190: true\n"
        ),
        0o640,
    )
    homeserver.load_registration(registration(config))


async def test_a_registration_that_lets_the_bridge_make_no_device_is_said(
    doctor: Doctor, encrypting: Path, homeserver: FakeHomeserver
) -> None:
    seen = await found(doctor)
    assert 'io.element.msc4190"]: is not there.' in seen["msc4190-absent"]["text"]
    assert seen["msc4190-absent"]["fix"].startswith("Print it with")
    assert "(bridgebot-sender)" in seen["sender-differs"]["text"]
    assert seen["sender-differs"]["fix"].startswith("Print it with")
    assert "bridgebot-sender" in seen["bot-is-sender"]["text"]
    assert BELONGS not in flat((await doctor()).stdout)
    renewed(homeserver, encrypting)
    seen = await found(doctor)
    assert {"msc4190-absent", "sender-differs", "bot-is-sender"} & set(seen) == set()
    assert BELONGS in flat((await doctor()).stdout)


async def test_a_registration_that_is_only_half_right_does_not_belong_to_the_configuration(
    doctor: Doctor, encrypting: Path, homeserver: FakeHomeserver
) -> None:
    renewed(homeserver, encrypting)
    replace(encrypting.with_name("registration.yaml"), "io.element.msc4190: true\n", "")
    assert "msc4190-absent" in await found(doctor)
    assert BELONGS not in flat((await doctor()).stdout)


async def test_a_device_whose_mail_cannot_be_read_is_not_said_to_be_well(
    doctor: Doctor, encrypting: Path, homeserver: FakeHomeserver, fill: Fill
) -> None:
    """The file is printed anew, and the homeserver has not loaded it."""
    renewed(homeserver, encrypting)
    await asyncio.to_thread(with_device, fill, sealed(encrypting))
    homeserver.person("bridgebot")
    homeserver.world.devices.make(BOT, DEVICE)
    keys = {"user_id": BOT, "device_id": DEVICE, "keys": {}}
    homeserver.world.devices.of(BOT)[DEVICE].keys = keys
    assert "bot-is-sender" not in await found(doctor)
    homeserver.load_registration({**registration(encrypting), "sender_localpart": "bridgebot"})
    assert (
        f"{DEVICE} of {BOT} cannot read its mail." in (await found(doctor))["bot-is-sender"]["text"]
    )
    text = flat((await doctor()).stdout)
    assert "The homeserver has the bridge's device" not in text
    assert "The homeserver takes the bridge for @bridgebot:example.org" in text


@pytest.mark.usefixtures("encrypting")
async def test_a_device_that_was_made_by_a_login_is_said(
    doctor: Doctor, encrypting: Path, fill: Fill
) -> None:
    await asyncio.to_thread(with_device, fill, sealed(encrypting))
    assert "device-by-login" not in await found(doctor, "--offline")
    await asyncio.to_thread(with_device, fill, sealed(encrypting, "keys token"))
    assert "start the bridge anew" in (await found(doctor, "--offline"))["device-by-login"]["fix"]


async def test_whoever_switches_it_off_again_has_nothing_to_install(
    doctor: Doctor, encrypting: Path, homeserver: FakeHomeserver
) -> None:
    renewed(homeserver, encrypting)
    replace(encrypting, "mode: allow", "mode: 'off'")
    assert {"sender-differs", "other-bot", "bot-is-sender"} & set(await found(doctor)) == set()


async def test_where_no_encrypted_room_is_read_the_flag_is_nobodys_business(
    doctor: Doctor, connected: Path, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    assert "msc4190-absent" not in await found(doctor)


async def test_a_device_that_the_homeserver_has_lost_is_said(
    doctor: Doctor, encrypting: Path, homeserver: FakeHomeserver, fill: Fill
) -> None:
    renewed(homeserver, encrypting)
    await asyncio.to_thread(with_device, fill, sealed(encrypting))
    bot = homeserver.world.devices
    homeserver.person("bridgebot")  # it ran before
    assert f"does not know {DEVICE} of {BOT}" in (await found(doctor))["device-lost"]["text"]
    bot.make(BOT, DEVICE)
    assert f"has no keys of {DEVICE}" in (await found(doctor))["device-lost"]["text"]
    bot.of(BOT)[DEVICE].keys = {"user_id": BOT, "device_id": DEVICE, "keys": {}}
    result = await doctor()
    assert f"The homeserver has the bridge's device, {DEVICE}." in flat(result.stdout)
    homeserver.fail("GET", "/devices", status=403, errcode="M_FORBIDDEN")
    assert "M_FORBIDDEN" in (await found(doctor))["device-unasked"]["text"]


@pytest.mark.usefixtures("encrypting")
async def test_messages_without_their_keys_are_counted(doctor: Doctor, fill: Fill) -> None:
    await asyncio.to_thread(waiting, fill, "$one", "$two")
    text = (await found(doctor, "--offline"))["unread-events"]["text"]
    assert text.startswith("2 encrypted messages: the oldest since 1970-01-01")


@pytest.mark.usefixtures("encrypting")
async def test_keys_of_rooms_that_no_key_opens_are_told_apart_from_logins(
    doctor: Doctor, fill: Fill
) -> None:
    lost = Sealing([OLD]).seal("keys", f"own device:{DEVICE}")
    await asyncio.to_thread(with_device, fill, lost)
    seen = await found(doctor, "--offline")
    assert "No configured key opens 1 key of rooms" in seen["room-keys-lost"]["text"]
    assert "credentials-lost" not in seen


async def test_a_plain_room_where_encryption_is_demanded_is_named(
    doctor: Doctor, encrypting: Path, homeserver: FakeHomeserver, fill: Fill
) -> None:
    renewed(homeserver, encrypting)
    bot = homeserver.person("bridgebot")
    plain, secret = await bot.create_room(), await bot.create_room(encrypted=True)
    await bot.create_room()  # as a space is, and somebody's own room: `encrypt` is for neither
    await asyncio.to_thread(bridged, fill, plain)
    text = flat((await doctor()).stdout)
    assert "3 rooms of the bot: 1 encrypted." in text
    assert secret not in text
    replace(encrypting, "mode: allow", "mode: require")
    one = (await found(doctor))["plain-room-required"]
    assert one["text"] == f"1 room is not encrypted: {plain} (#room of tower)."
    assert "bridgekit do encrypt --room ID" in one["fix"]
    replace(encrypting, "mode: require", f"mode: require, rooms: {{'{plain}': allow}}")
    assert "plain-room-required" not in await found(doctor)
