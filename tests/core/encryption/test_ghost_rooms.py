"""In which rooms ghosts speak by devices of their own, by the configuration; a whole bridge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridgekit.encryption.trust import Trust, owner_of
from bridgekit.ids import RoomID, UserID
from bridgekit.testing.rig import DOMAIN
from tests.core.encryption.rigs import BOT, JSON, Scene, scene_of
from tests.core.until import until

BOB = f"@loop_bob:{DOMAIN}"


@pytest.fixture
async def scene(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        yield scene


async def in_private(scene: Scene) -> str:
    """Bob writes to alice alone; the room of that."""
    await scene.alice.say(scene.room, "hello")
    await scene.heard("hello")
    network, rooms = scene.rig.network, scene.rig.hs.world.rooms
    before = set(rooms)
    await network.say("bob", "bob", "psst", id="d1", to=network.heard[0].login)

    def there() -> list[str]:
        """With both; spaces have no ghosts."""
        me = scene.alice.user_id
        fresh = [room for name, room in rooms.items() if name not in before]
        return [one.id for one in fresh if me in one.members("invite") and BOB in one.members()]

    await scene.rig.hs.wait_for(there)
    (room,) = there()
    await scene.alice.join(room)
    await scene.alice.wait_for(room, lambda event: event["content"].get("body") == "psst")
    return room


def giver(scene: Scene, room: str, body: str) -> str:
    """Who has given the key of what was said; it came encrypted."""
    events = (event.for_clients(0) for event in scene.rig.hs.world.rooms[room].events)
    (said,) = [one for one in events if scene.alice.opened(one)["content"].get("body") == body]
    assert said["type"] == "m.room.encrypted"
    return scene.alice.keys.giver(said["content"]["session_id"])


async def keys_of(scene: Scene, user: str) -> tuple[JSON, JSON]:
    asked = {"device_keys": {user: []}}
    answer = await scene.alice.request("POST", "/keys/query", asked)
    return answer, answer["device_keys"][user]


@pytest.mark.parametrize(
    ("where", "private", "shared"),
    [("private", BOB, BOT), ("all", BOB, BOB), ("none", BOT, BOT)],
)
async def test_where_ghosts_have_devices_the_configuration_says(
    scene: Scene, where: str, private: str, shared: str
) -> None:
    await scene.begin(mode="default", ghost_devices=where)
    room = await in_private(scene)
    await scene.bob("to all")
    await scene.shown("to all")
    assert giver(scene, room, "psst") == private
    assert giver(scene, scene.room, "to all") == shared


async def test_a_ghost_of_a_private_chat_vouches_for_its_device(scene: Scene) -> None:
    await scene.begin(mode="default")
    room = await in_private(scene)
    answer, devices = await keys_of(scene, BOB)
    ((name, keys),) = devices.items()
    assert owner_of(BOB, answer, None).trusts(keys) is Trust.CROSS_SIGNED_TOFU
    assert name == scene.side.device.row.device
    # Her client gives its keys to that device as well; the bridge reads those of the bot's.
    chat = scene.rig.network.chat("bob", scene.rig.network.heard[0].login)
    for number in range(3):
        scene.alice.keys.outbound.pop(room, None)
        await scene.alice.say(room, f"private {number}")
        await scene.rig.network.wait(lambda n=number: f"private {n}" in chat.texts())
    await scene.side._ghosts.read(BOB)
    assert not scene.rig.hs.world.devices.of(BOB)[name].mail
    assert scene.alice.unreadable == []


async def test_what_the_bot_may_not_say_in_a_private_chat_its_ghost_says_with_its_own_key(
    scene: Scene,
) -> None:
    await scene.begin(mode="default")
    room = await in_private(scene)
    refused = scene.rig.hs.fail("PUT", f"{re.escape(room)}/send/", status=403)
    assert await scene.parts.status.notice(RoomID(room), "mind you", key="1", speaker=UserID(BOB))
    assert refused.struck == 1
    await scene.alice.wait_for(room, lambda event: event["content"].get("body") == "mind you")
    assert giver(scene, room, "mind you") == BOB


async def test_other_settings_hold_after_the_next_start(scene: Scene) -> None:
    await scene.begin(mode="allow", ghost_devices="all")
    await scene.encrypt()
    await scene.bob("one")
    await scene.shown("one")
    await scene.again(mode="allow", ghost_devices="none")
    await scene.bob("two")
    await scene.shown("two")
    await scene.again(mode="allow", ghost_devices="all")
    await scene.bob("three")
    await scene.shown("three")
    assert [giver(scene, scene.room, word) for word in ("one", "two", "three")] == [BOB, BOT, BOB]
    assert scene.alice.unreadable == []


async def test_where_encryption_is_switched_off_ghosts_have_no_devices_any_more(
    scene: Scene,
) -> None:
    """What clients send to them would pile up at the homeserver: nobody fetches it."""
    await scene.begin(mode="allow", ghost_devices="all")
    await scene.encrypt()
    await scene.bob("one")
    await scene.shown("one")
    devices = scene.rig.hs.world.devices
    assert devices.of(BOB)
    await scene.again(mode="off")

    async def gone() -> bool:
        return not await scene.rows("SELECT ghost FROM ghost_device") and not devices.of(BOB)

    await until(gone)
    await scene.again(mode="allow", ghost_devices="all")
    await scene.bob("two")
    await scene.shown("two")
    assert [giver(scene, scene.room, word) for word in ("one", "two")] == [BOB, BOB]
    assert scene.alice.unreadable == []
