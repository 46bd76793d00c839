"""What each mode does: which rooms are encrypted, and what crosses in plain text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridgekit.commands.command import Preview
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, UserID
from bridgekit.models import Direction
from bridgekit.permissions.rights import Level
from bridgekit.reasons import Reason
from bridgekit.room.bridge_info import FUNCTIONAL
from bridgekit.testing.encrypted.person import encrypted_person
from bridgekit.testing.homeserver import MatrixError
from tests.core.encryption.rigs import BOT, ENCRYPTION, JSON, Scene, scene_of
from tests.core.until import until

KIND = ("m.room.encryption", "")
BOB = "@loop_bob:example.org"


async def encrypt(scene: Scene) -> str:
    shown = await scene.do("encrypt")
    assert isinstance(shown, Preview)
    assert "cannot be switched off again" in shown.text
    answer: str = (await scene.do("encrypt", f"--confirm={shown.confirm}")).text
    return answer


async def test_rooms_that_the_bridge_makes_are_encrypted_from_their_first_moment(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="default")
        await scene.bob("hello")
        shown = await scene.shown("hello")
        assert scene.raw(shown["event_id"])["type"] == "m.room.encrypted"
        said = await scene.alice.say(scene.room, "good day")
        await scene.heard("good day")
        assert scene.raw(said)["type"] == "m.room.encrypted"
        login = scene.rig.network.heard[0].login
        await scene.bob("psst", to=login)
        own = await scene.parts.people.management.room(UserID(scene.alice.user_id))
        rooms = scene.rig.hs.world.rooms
        await scene.rig.hs.wait_for(lambda: len(rooms) == 3)
        for room in rooms.values():
            assert room.state[KIND].content == ENCRYPTION, room.id
            kinds = [one.type for one in room.events]
            assert "m.room.message" not in kinds, room.id
            # Whoever comes finds it so: nobody but the bot is there before, not even invited.
            before = room.events[: kinds.index("m.room.encryption")]
            members = [one.state_key for one in before if one.type == "m.room.member"]
            assert members == [BOT], room.id
            assert room.state["m.room.power_levels", ""].content["events"][KIND[0]] == 100
        assert own in rooms


@pytest.mark.parametrize("letters", [24_000, 26_000, 60_000])
async def test_a_long_text_is_whole_in_an_encrypted_room_too(tmp_path: Path, letters: int):
    """Its secret form is a third larger, and the homeserver takes no larger event than others."""
    said = ("ж" * 99 + " ") * (letters // 100)
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="default")
        await scene.rig.network.person("bob").say("#room", said, id="long")
        await scene.bob("next")
        await scene.shown("next")
        bodies = await scene.alice.bodies(scene.room)
        assert sum(body.count("ж") for body in bodies) == said.count("ж")
        await scene.rig.network.person("bob").edit("#room", "long", said.replace("ж", "я"))
        await scene.bob("last")
        await scene.shown("last")
        edits = [
            event["content"]["m.new_content"]["body"]
            for event in await scene.alice.events(scene.room)
            if "m.new_content" in event["content"]
        ]
        assert sum(body.count("я") for body in edits) == said.count("ж")


async def test_where_they_are_only_allowed_new_rooms_are_plain(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        with pytest.raises(MatrixError):
            await scene.alice.state(scene.room, "m.room.encryption")


async def test_where_encryption_is_required_nothing_crosses_in_plain_text(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await scene.bob("before")
        await scene.shown("before")
        await scene.again(mode="require")
        said = await scene.alice.say(scene.room, "from alice")
        notice = await scene.notice("this bridge takes only what is")
        assert notice["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": said}}
        await scene.bob("one")
        await scene.bob("two")
        await scene.notice("nothing crosses in plain text")
        counts = scene.parts.status.counts
        to_matrix = ("loop", Direction.TO_MATRIX, Reason.NOT_ENCRYPTED)
        await until(lambda: counts[to_matrix] == 2)
        assert counts["loop", Direction.TO_NETWORK, Reason.NOT_ENCRYPTED] == 1
        kinds = await scene.rows("SELECT kind FROM outcome WHERE direction = 'to_network'")
        assert [row.kind for row in kinds] == ["m.room.message"], "as it came"
        assert scene.rig.network.texts() == []
        assert {"one", "two"} & set(await scene.alice.bodies(scene.room)) == set()
        assert await scene.notices("nothing crosses in plain text") == 1, "once for all of them"
        # What the network said is kept, and can be sent once the room is encrypted.
        assert len(await scene.rows("SELECT * FROM job WHERE dead = 1")) == 2
        assert "encrypted from now on" in await encrypt(scene)
        await scene.alice.wait_for(scene.room, lambda event: event["type"] == KIND[0])
        await scene.bob("three")
        shown = await scene.shown("three")
        assert scene.raw(shown["event_id"])["type"] == "m.room.encrypted"
        await scene.alice.say(scene.room, "at last")
        await scene.heard("at last")


async def test_a_file_that_may_not_cross_is_not_uploaded_either(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await scene.bob("before")
        await scene.shown("before")
        await scene.again(mode="require")
        bob = scene.rig.network.person("bob")
        await bob.attach("#room", bob.file("cat.png", b"not for all", "image/png"), id="m1")
        await scene.notice("nothing crosses in plain text")
        counts = scene.parts.status.counts
        await until(lambda: counts["loop", Direction.TO_MATRIX, Reason.NOT_ENCRYPTED] == 1)
        assert scene.parts.media.repository.uploaded == 0


async def test_who_asks_a_plain_room_to_be_encrypted_is_heard_though_it_is_plain(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await scene.again(mode="require")
        for text in ("!bridge help", "!bridge whoami"):
            said = await scene.alice.say(scene.room, text)
            notice = await scene.alice.wait_for(scene.room, answering(said))
            body = notice["content"]["body"]
            assert body.startswith("I do not take this. It is not encrypted")
            assert body.endswith("can switch encryption on: by !bridge encrypt.")
        assert await scene.notices("was not bridged") == 0, "it was for no network"
        said = await scene.alice.say(scene.room, "!bridge encrypt")
        await scene.notice("or an admin of this bridge: any of them can say !bridge encrypt here")
        bot = scene.rig.hs.person("bridgebot")
        await bot.set_power(scene.room, scene.alice.user_id, 100)
        await scene.alice.say(scene.room, "!bridge encrypt")
        await scene.notice("cannot be switched off again")
        await scene.alice.say(scene.room, "!bridge confirm")
        await scene.notice("encrypted from now on")
        assert await scene.alice.encrypts(scene.room)


async def test_in_a_room_that_is_not_bridged_nobody_is_told_to_say_what_encrypts_bridged_ones(
    tmp_path: Path,
):
    """Only the bot may in the room that it has made for somebody, and `encrypt` is not about it."""
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        own = await scene.parts.people.management.room(UserID(scene.alice.user_id))
        await scene.alice.join(own)
        await scene.again(mode="require")
        scene.room = own
        await scene.alice.say(own, "help")
        notice = await scene.notice("I do not take this")
        assert "open another room with me that is encrypted" in notice["content"]["body"]
        scene.room = await scene.alice.create_room(invite=[BOT], direct=True, encrypted=True)
        await scene.alice.say(scene.room, "help whoami")
        await scene.notice("whoami")


def answering(event: str) -> Callable[[JSON], bool]:
    def answers(one: JSON) -> bool:
        return bool(one["content"].get("m.relates_to") == {"m.in_reply_to": {"event_id": event}})

    return answers


async def test_an_admin_of_the_bridge_has_it_encrypt_a_room_in_which_only_the_bot_may(
    tmp_path: Path,
):
    async with scene_of(tmp_path) as scene:
        scene.rig.permissions = {**scene.rig.permissions, scene.alice.user_id: Level.ADMIN}
        await scene.begin(mode="allow")
        await scene.alice.say(scene.room, "!bridge encrypt --confirm=for-ever")
        await scene.notice("encrypted from now on")
        assert await scene.alice.encrypts(scene.room)


@pytest.mark.parametrize("version", ["11", "12"])
async def test_in_a_direct_chat_that_its_person_opened_the_ghost_may(tmp_path: Path, version: str):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        scene.room = room = await direct_chat(scene, "trusted_private_chat", room_version=version)
        await scene.alice.say(room, "!bridge encrypt")
        await scene.notice("cannot be switched off again")
        await scene.alice.say(room, "!bridge confirm")
        await scene.notice("encrypted from now on")
        assert await scene.alice.encrypts(room)
        state = await scene.alice.wait_for(room, lambda event: event["type"] == FUNCTIONAL)
        assert (state["sender"], state["content"]) == (BOB, {"service_members": [BOT]})
        await scene.alice.wait_for(room, lambda event: event["type"] == "m.bridge")


async def test_where_neither_may_that_is_said_before_anything_is_asked(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        levels = {"events": {KIND[0]: 100}, "users_default": 0}
        scene.room = room = await direct_chat(
            scene, "private_chat", power_level_content_override=levels
        )
        await scene.alice.say(room, "!bridge encrypt")
        await scene.notice("may not do that here")
        assert await scene.notices("cannot be switched off again") == 0


async def direct_chat(scene: Scene, preset: str, **options: Any) -> str:
    """One that alice opens with bob, in which the bot is."""
    room = await scene.alice.create_room(invite=[BOB], direct=True, preset=preset, **options)
    world = scene.rig.hs.world.rooms[room]
    await scene.rig.hs.wait_for(lambda: world.membership(BOT) == "join", "the bot")
    await scene.rig.tied(room)
    return room


async def test_one_room_can_be_set_otherwise(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await scene.again(mode="allow", rooms={scene.room: "require"})
        await scene.alice.say(scene.room, "from alice")
        await scene.notice("this bridge takes only what is")
        await scene.again(mode="require", rooms={scene.room: "allow"})
        await scene.alice.say(scene.room, "now in plain")
        await scene.heard("now in plain")
        assert scene.rig.network.texts() == ["now in plain"]


async def test_a_room_is_encrypted_by_whoever_may_and_only_once(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await encrypt(scene)
        with pytest.raises(Rejected, match="encrypted already"):
            await encrypt(scene)
        assert await scene.side.encrypts(scene.room)
        stats = await scene.do("stats")
        assert (stats.encryption.mode, stats.encryption.rooms) == ("allow", 1)
        assert "the bridge reads them" in stats.text


def test_settings_that_have_no_effect_or_name_no_room_are_refused():
    with pytest.raises(ValueError, match="no effect while mode is off"):
        EncryptionSettings(rooms={"!a:example.org": "require"})
    with pytest.raises(ValueError, match="no room's ID"):
        EncryptionSettings(mode="allow", rooms={"#a:example.org": "require"})
    with pytest.raises(ValueError, match="rooms"):
        EncryptionSettings(mode="allow", rooms={"!a:example.org": "off"})
    some = EncryptionSettings(mode="allow", rooms={"!a": "require"})
    assert some.demanded_in(RoomID("!a"))
    assert not some.demanded_in(RoomID("!b"))


async def test_a_device_that_is_deleted_while_the_bridge_is_at_work_is_replaced(tmp_path: Path):
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode="allow")
        await scene.encrypt()
        await scene.bob("before")
        await scene.shown("before")
        device = scene.side.device
        first = device.row.device
        scene.rig.hs.world.remove_device(BOT, first)
        # Its coming is told to nobody: the old device is gone, the new one not there yet.
        second = await encrypted_person(scene.rig.hs, "alice")
        await until(lambda: device.row.device != first and device.row.known)
        await scene.bob("after")
        await scene.shown("after")
        await second.wait_for(scene.room, lambda event: event["content"].get("body") == "after")
        assert device.row.device != first
        await scene.alice.say(scene.room, "still heard")
        await scene.heard("still heard")
