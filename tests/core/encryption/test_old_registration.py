"""The homeserver holds the registration from before encryption was switched on.

Its `sender_localpart` is the bot, and Synapse answers no /sync of a sender.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration import registration
from bridgekit.encryption.mail_trouble import NO_MAIL, OLD_REGISTRATION
from bridgekit.errors import ConfigError
from tests.core.encryption.rigs import BOT, Scene, scene_of
from tests.core.until import until


@pytest.fixture
async def scene(tmp_path: Path, database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=database) as scene:
        yield scene


def _load(scene: Scene, **changes: Any) -> None:
    """As a homeserver does that is restarted with such a registration."""
    fields = registration.build(scene.rig.config).fields()
    scene.rig.hs.load_registration(fields | changes)


OLD = {"sender_localpart": "bridgebot", "io.element.msc4190": False}


@pytest.mark.parametrize("loaded", [OLD, {"sender_localpart": "bridgebot"}], ids=["old", "half"])
async def test_with_it_the_bridge_does_not_start_and_says_what_to_do(
    scene: Scene, loaded: dict[str, Any]
) -> None:
    _load(scene, **loaded)
    with pytest.raises(ConfigError) as raised:
        await scene.begin(mode="allow")
    assert str(raised.value) == f"encryption.mode: {NO_MAIL}"
    assert "install it and restart the homeserver" in NO_MAIL
    assert not scene.rig.hs.world.devices.of(BOT)  # nothing is made that nobody could use


async def test_it_starts_once_the_new_one_is_loaded(scene: Scene) -> None:
    _load(scene, **OLD)
    with pytest.raises(ConfigError):
        await scene.begin(mode="allow")
    _load(scene)
    await scene.begin(mode="allow")
    await scene.encrypt()
    await scene.alice.say(scene.room, "hello")
    await scene.heard("hello")


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_homeserver_that_fails_is_waited_for(scene: Scene, status: int) -> None:
    await scene.begin(mode="allow")
    fault = scene.rig.hs.fail("GET", "/account/whoami", status=status, times=None)
    await scene.rig.kill()
    asked = scene.rig.hs.requests["GET /account/whoami"]
    starting = asyncio.create_task(scene.begin(mode="allow"))
    await until(lambda: scene.rig.hs.requests["GET /account/whoami"] > asked)
    assert not starting.done()
    fault.clear()
    await starting


async def test_where_no_encrypted_rooms_are_read_either_registration_does(scene: Scene) -> None:
    await scene.begin(mode="off")
    await scene.alice.say(scene.room, "plain")
    await scene.heard("plain")
    _load(scene, **OLD)
    await scene.again(mode="off")
    await scene.alice.say(scene.room, "still")
    await scene.heard("still")


async def test_a_homeserver_that_is_restarted_with_it_later_is_named(
    scene: Scene,
) -> None:
    await scene.begin(mode="allow")
    with capture_logs() as logs:
        _load(scene, **OLD)
        await until(lambda: [one for one in logs if one.get("why") == NO_MAIL])
    assert scene.side.mailbox.trouble.said == OLD_REGISTRATION
