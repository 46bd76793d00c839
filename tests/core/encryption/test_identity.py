"""The bot vouches for its device, so that clients do not warn of it; whatever is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from bridgekit.encryption.signed import is_signed
from bridgekit.testing.homeserver import Person
from tests.core.encryption.rigs import BOT, Scene, scene_of

JSON = dict[str, Any]


def _lose(folder: Path) -> None:
    for file in folder.glob("bridge.db*"):
        file.unlink()


async def seen_by(person: Person) -> JSON:
    """What a client of somebody else gets to know of the bot."""
    found: JSON = await person.request("POST", "/keys/query", {"device_keys": {BOT: []}})
    return found


def vouched_for(answer: JSON) -> str:
    """The bot's own key, if there is an unbroken chain from it to its only device."""
    (master,) = answer["master_keys"][BOT]["keys"].values()
    signing = answer["self_signing_keys"][BOT]
    assert is_signed(signing, BOT, master, master)
    (signer,) = signing["keys"].values()
    (device,) = answer["device_keys"][BOT].values()
    assert is_signed(device, BOT, signer, signer)
    return str(master)


async def begun(scene: Scene) -> str:
    await scene.begin(mode="allow")
    return vouched_for(await seen_by(scene.alice))


async def test_a_device_is_vouched_for_by_its_bot(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        master = await begun(scene)
        uploads = scene.rig.hs.requests["POST /keys/signatures/upload"]
        assert uploads == 1
        await scene.again(mode="allow")
        assert vouched_for(await seen_by(scene.alice)) == master
        assert scene.rig.hs.requests["POST /keys/signatures/upload"] == uploads, "nothing to do"


async def test_whoever_verified_the_bot_need_not_do_it_again_after_a_loss(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        master = await begun(scene)
        device = scene.side.device.row.device
        await scene.rig.kill()
        await asyncio.to_thread(_lose, tmp_path)
        assert await begun(scene) == master
        assert scene.side.device.row.device != device


async def test_a_device_that_is_made_at_work_is_vouched_for_too(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        master = await begun(scene)
        device = scene.side.device
        first = device.row.device
        device.suspect("a test says so")
        await scene.rig.hs.wait_for(
            lambda: (
                [one for one in scene.rig.hs.world.devices.of(BOT) if one != first]
                and first not in scene.rig.hs.world.devices.of(BOT)
                and not device.doubt
            )
        )
        assert vouched_for(await seen_by(scene.alice)) == master


async def test_with_another_key_of_the_bridge_the_bot_has_other_keys(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        scene.rig.appservice["encryption_key"] = "k" * 32
        master = await begun(scene)
        await scene.rig.kill()
        # Changed as it should be: the key of before is still known, and sealed anew with the next.
        scene.rig.appservice["encryption_key"] = "n" * 32
        scene.rig.appservice["old_encryption_keys"] = ("k" * 32,)
        assert await begun(scene) == master
        await scene.rig.kill()
        del scene.rig.appservice["old_encryption_keys"]
        assert await begun(scene) == master
        await scene.rig.kill()
        scene.rig.appservice["encryption_key"] = "o" * 32
        assert await begun(scene) != master


async def test_a_homeserver_that_refuses_it_keeps_nobody_from_talking(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        scene.rig.hs.fail("POST", "/keys/device_signing/upload", status=403, errcode="M_FORBIDDEN")
        with capture_logs() as logs:
            await scene.begin(mode="default")
        assert [one["event"] for one in logs if "vouches" in one["event"]]
        await scene.bob("hello")
        await scene.shown("hello")
