"""Who makes an encrypted direct chat says their first word with it: its key goes to the ghost
alone, as nobody else is there yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridgekit.encryption.waiting import CUT_OFF
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.encrypted import SENTENCES, Why
from bridgekit.matrix.intents import Intents
from bridgekit.room.direct_chats import DirectChats
from bridgekit.testing.clock import settle
from bridgekit.testing.encrypted.person import EncryptedPerson, encrypted_person
from bridgekit.testing.rig import DOMAIN
from tests.core.encryption.rigs import BOT, Scene, scene_of
from tests.core.encryption.test_opened_by_people import BOB, inside, invited

EVE = f"@loop_eve:{DOMAIN}"
WAITS = "I cannot read this message yet"


@pytest.fixture
async def scene(tmp_path: Path, empty_database: str) -> AsyncIterator[Scene]:
    """Bob's ghost has a device, as he has spoken with alice."""
    async with scene_of(tmp_path, database=empty_database) as scene:
        await scene.begin(mode="allow", ghost_devices="all")
        await scene.encrypt()
        await scene.bob("hello all")
        await scene.shown("hello all")
        assert len(scene.rig.hs.world.devices.of(BOB)) == 1
        yield scene


async def who(scene: Scene, *, new: bool) -> EncryptedPerson:
    """Alice, or one who never said anything to the bridge."""
    if new:
        scene.alice = await encrypted_person(scene.rig.hs, "carol")
    return scene.alice


def mail(scene: Scene) -> int:
    """How much of the ghost's the homeserver still has."""
    (device,) = scene.rig.hs.world.devices.of(BOB).values()
    return len(device.mail)


@pytest.mark.parametrize("who_speaks", ["alice", "somebody new"])
async def test_they_cross_in_order_and_nobody_is_told_anything(
    scene: Scene, who_speaks: str
) -> None:
    alice = await who(scene, new=who_speaks != "alice")
    scene.rig.hs.hold()
    room = await invited(scene, encrypted=True)
    for word in ("one", "two"):
        await alice.say(room, word)
    scene.rig.hs.release()
    await inside(scene, BOB, BOT)
    await alice.say(room, "three")
    await scene.heard("three")
    assert scene.rig.network.texts()[-3:] == ["one", "two", "three"]
    assert await scene.notices("⏳") == await scene.notices("⚠") == 0
    assert mail(scene) == 0


async def test_who_never_spoke_has_a_device_before_it_comes_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients look for it once they have made the room."""
    entering, join = asyncio.Event(), Intents.join

    async def waits(self: Intents, user: UserID, room: RoomID) -> RoomID:
        if user == EVE:
            entering.set()
            await said.wait()
        return await join(self, user, room)

    said = asyncio.Event()
    monkeypatch.setattr(Intents, "join", waits)
    room = await invited(scene, encrypted=True, invite=[EVE])
    await entering.wait()
    await scene.alice.say(room, "one")
    said.set()
    await scene.heard("one")
    assert await scene.notices("⏳") == await scene.notices("⚠") == 0


async def test_what_was_said_before_there_was_a_device_is_answered_at_once(scene: Scene) -> None:
    scene.rig.hs.hold()
    await invited(scene, encrypted=True, invite=[EVE])
    await scene.alice.say(scene.room, "one")
    scene.rig.hs.release()
    await inside(scene, EVE, BOT)
    await scene.alice.wait_for(
        scene.room, lambda event: SENTENCES[Why.TOO_SOON] in str(event["content"].get("body"))
    )
    await scene.alice.say(scene.room, "two")
    await scene.heard("two")


async def test_a_key_that_the_bot_gets_of_what_is_said_later_hides_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = DirectChats._bind

    async def meanwhile(self: DirectChats, *which: Any) -> None:
        await scene.alice.say(scene.room, "two")
        while not await scene.rows("SELECT 1 FROM reading_key WHERE ours = 0"):
            await settle()
        await bind(self, *which)

    monkeypatch.setattr(DirectChats, "_bind", meanwhile)
    scene.rig.hs.hold()
    room = await invited(scene, encrypted=True)
    await scene.alice.say(room, "one")
    scene.rig.hs.release()
    await scene.heard("two")
    assert scene.rig.network.texts()[-2:] == ["one", "two"]


@pytest.mark.parametrize("invite", [[BOB], [BOB, BOT]])
async def test_a_key_that_comes_late_to_the_ghost_alone_is_found(
    scene: Scene, invite: list[str]
) -> None:
    scene.rig.hs.hold()
    room = await invited(scene, encrypted=True, invite=invite)
    said = {"msgtype": "m.text", "body": "one"}
    key = await scene.alice.send_before_its_key(room, "m.room.message", said)
    scene.rig.hs.release()
    await scene.notice(WAITS)
    await _given_to_ghost(scene, key)
    await scene.rig.network.wait(lambda: any("one" in one for one in scene.rig.network.texts()))
    assert scene.rig.network.texts()[-1].startswith("(late, from ")


async def _given_to_ghost(scene: Scene, key: dict[str, Any]) -> None:
    alice = scene.alice
    answer = await alice.request("POST", "/keys/query", {"device_keys": {BOB: []}})
    ((name, device),) = answer["device_keys"][BOB].items()
    content = {"messages": {BOB: {name: alice.keys.say(device, "m.room_key", key)}}}
    await alice.request("PUT", "/sendToDevice/m.room.encrypted/of-the-test", content)


async def test_what_is_said_while_the_bridge_is_down_crosses_as_well(scene: Scene) -> None:
    alice = await who(scene, new=True)
    await scene.rig.kill()
    room = await invited(scene, encrypted=True)
    await alice.say(room, "one")
    await scene.rig.start()
    await scene.heard("one")
    assert scene.rig.network.texts().count("one") == 1


async def test_a_homeserver_that_gives_no_mail_at_first_is_asked_again(scene: Scene) -> None:
    alice = await who(scene, new=True)
    scene.rig.hs.hold()
    room = await invited(scene, encrypted=True)
    await alice.say(room, "one")
    failed = scene.rig.hs.fail("GET", "/sync", times=3)
    scene.rig.hs.release()
    await scene.heard("one")
    assert failed.struck
    assert await scene.notices(SENTENCES[Why.TOO_SOON]) == 0


async def test_while_mail_cannot_be_read_nothing_is_given_up_and_nobody_is_blamed(
    scene: Scene,
) -> None:
    await scene.again(mode="allow", ghost_devices="all", wait=1)
    room = scene.room
    failed = scene.rig.hs.fail("GET", "/sync", times=None)
    scene.rig.hs.world.changes.notify()
    await scene.alice.say(room, "for the poll that waits")
    while not scene.side.mailbox.trouble.lasts:
        await settle()
    said = {"msgtype": "m.text", "body": "one"}
    key = await scene.alice.send_before_its_key(room, "m.room.message", said)
    await scene.alice.give_key(key)
    await scene.notice(CUT_OFF)
    for _ in range(5):  # long after it would have been given up
        await scene.side.waiting._look()
    assert failed.struck
    failed.clear()
    await scene.rig.network.wait(lambda: any("one" in one for one in scene.rig.network.texts()))
    assert await scene.notices("was not bridged") == 0
