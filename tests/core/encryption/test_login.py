"""Where a homeserver lets nobody make devices, the bot logs in: the device is that of its token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridgekit.configuration import registration
from bridgekit.encryption.device import PREFIX
from bridgekit.errors import ConfigError
from tests.core.encryption.rigs import BOT, Scene, scene_of


@pytest.fixture
async def scene(tmp_path: Path, database: str) -> AsyncIterator[Scene]:
    """Its homeserver knows nothing of MSC4190."""
    async with scene_of(tmp_path, database=database) as scene:
        fields = dict(registration.build(scene.rig.config).fields())
        del fields[registration.DEVICES]
        scene.rig.hs.load_registration(fields)
        scene.rig.hs.fail("PUT", "/devices/", status=404, errcode="M_NOT_FOUND", times=None)
        scene.rig.hs.fail("DELETE", "/devices/", status=401, times=None)
        yield scene


def _devices(scene: Scene) -> list[str]:
    known = scene.rig.hs.world.devices.of(BOT)
    return [name for name in known if name.startswith(PREFIX)]


async def test_encrypted_rooms_work_with_a_login(scene: Scene) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    await scene.bob("in")
    await scene.shown("in")
    await scene.alice.say(scene.room, "out")
    await scene.heard("out")
    devices, token = _devices(scene), scene.side.device._calls.token
    assert devices == [scene.side.device.row.device]
    await scene.again(mode="allow")  # it logs in once
    await scene.bob("later")
    await scene.shown("later")
    assert _devices(scene) == devices
    assert scene.side.device._calls.token == token != ""
    # At each start another one, which names nobody, asks whether devices can be made by now.
    assert scene.rig.hs.requests["POST /login"] == 1 + 2


async def test_the_token_is_in_the_database_as_other_secrets_are(scene: Scene) -> None:
    await scene.begin(mode="allow")
    token = scene.side.device._calls.token
    assert token
    (row,) = await scene.rows("SELECT * FROM own_device")
    assert all(token not in str(value) for value in row)


async def test_a_login_that_the_homeserver_ended_is_made_anew(scene: Scene) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    await scene.bob("before")
    await scene.shown("before")
    (lost,) = _devices(scene)
    scene.rig.hs.world.remove_device(BOT, lost)
    await scene.bob("after")
    await scene.shown("after")
    assert lost not in _devices(scene)


async def test_a_device_that_is_given_up_is_logged_out(scene: Scene) -> None:
    await scene.begin(mode="allow")
    (old,) = _devices(scene)
    scene.side.device.suspect("a test")
    await scene.encrypt()
    await scene.bob("after")
    await scene.shown("after")
    assert _devices(scene) == [scene.side.device.row.device] != [old]


async def test_once_devices_can_be_made_the_login_is_needed_no_more(scene: Scene) -> None:
    """The registration was printed anew, or the homeserver brought up to date."""
    await scene.begin(mode="allow", ghost_devices="all")
    await scene.encrypt()
    await scene.bob("before")
    await scene.shown("before")
    (device,) = _devices(scene)
    scene.rig.hs.faults.clear()
    await scene.again(mode="allow", ghost_devices="all")
    assert scene.side.device.made_by_login  # it may make none as yet
    scene.rig.hs.load_registration(registration.build(scene.rig.config).fields())
    await scene.again(mode="allow", ghost_devices="all")
    assert (_devices(scene), scene.side.device.made_by_login) == ([device], False)
    await scene.bob("after")
    event = await scene.shown("after")
    assert scene.rig.hs.world.devices.of(event["sender"])  # ghosts have theirs
    await scene.alice.say(scene.room, "and back")
    await scene.heard("and back")
    await scene.again(mode="allow", ghost_devices="all")
    assert (_devices(scene), scene.side.device.made_by_login) == ([device], False)


async def test_a_homeserver_that_does_not_act_as_devices_keeps_the_login(scene: Scene) -> None:
    """As Synapse 1.121 to 1.140."""
    await scene.begin(mode="allow")
    scene.rig.hs.faults.clear()
    scene.rig.hs.load_registration(registration.build(scene.rig.config).fields())
    refused = scene.rig.hs.fail(
        "GET", "/account/whoami", status=400, errcode="M_UNKNOWN_DEVICE", times=None
    )
    calls = scene.side.device._calls
    assert not await calls.needs_no_login()
    refused.clear()
    assert await calls.needs_no_login()


async def test_where_neither_is_possible_the_bridge_says_so_and_does_not_start(
    scene: Scene,
) -> None:
    scene.rig.hs.fail("POST", "/login", status=403, errcode="M_FORBIDDEN", times=None)
    with pytest.raises(ConfigError, match=r"does not let the bridge make a device .*login"):
        await scene.begin(mode="allow")


async def test_a_homeserver_that_makes_devices_and_does_not_know_them_is_named(
    scene: Scene,
) -> None:
    scene.rig.hs.faults.clear()
    scene.rig.hs.fail("POST", "/keys/upload", status=400, times=None)
    with pytest.raises(ConfigError, match=r"Synapse does since 1\.141"):
        await scene.begin(mode="allow")
