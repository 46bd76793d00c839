"""Direct chats that people open with their client, as mostly encrypted: with a ghost alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridgekit.errors import RetryLater
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.encrypted import SENTENCES, Why
from bridgekit.room.bridge_info import FUNCTIONAL
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import DOMAIN
from tests.core.encryption.rigs import BOT, Scene, scene_of

BOB = f"@loop_bob:{DOMAIN}"
REFUSED = "state refused"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path) as scene:
        yield scene


async def invited(scene: Scene, **options: Any) -> str:
    """The room that alice has made."""
    usual = {"invite": [BOB], "direct": True, "preset": "trusted_private_chat"}
    scene.room = await scene.alice.create_room(**{**usual, **options})
    return scene.room


async def inside(scene: Scene, *users: str, membership: str = "join") -> None:
    room = scene.rig.hs.world.rooms[scene.room]
    await scene.rig.hs.wait_for(
        lambda: all(room.membership(user) == membership for user in users), "the members"
    )
    await scene.rig.hs.pushed()


async def bound(scene: Scene) -> None:
    """The chat has the room that alice is in: what bob says comes there, whatever ends."""
    async with asyncio.timeout(60):
        while not await scene.parts.portals.in_room(scene.room):
            await settle()


async def answered(scene: Scene, words: str) -> None:
    """Bob says it to alice alone."""
    (login,) = scene.rig.network.clients.keys() - {"loop:bot"}
    await scene.rig.network.say("bob", "bob", words, id=words, to=login)
    assert (await scene.shown(words))["sender"] == BOB
    assert scene.alice.unreadable == []


@pytest.mark.parametrize("how", [{"encrypted": True}, {}])
async def test_what_is_said_there_goes_both_ways(scene: Scene, how: dict[str, Any]) -> None:
    await scene.begin(mode="allow")
    with capture_logs() as logs:
        room = await invited(scene, **how)
        await inside(scene, BOB, BOT)
        await scene.alice.say(room, "hello bob")
        await scene.heard("hello bob")
        await answered(scene, "hello alice")
        await scene.alice.wait_for(room, lambda event: event["type"] == FUNCTIONAL)
    assert [one for one in logs if one["event"] == REFUSED] == [], "the ghost may do it"


async def test_what_is_said_before_anybody_can_read_is_answered(scene: Scene) -> None:
    """Clients make the room with the first message, and the ghost has no device."""
    await scene.begin(mode="allow")
    scene.rig.hs.hold()
    room = await invited(scene, encrypted=True)
    event = await scene.alice.say(room, "too early")
    scene.rig.hs.release()
    await inside(scene, BOB, BOT)
    notice = await scene.notice(SENTENCES[Why.TOO_SOON])
    assert notice["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    await scene.alice.say(room, "hello bob")
    await scene.heard("hello bob")


async def test_where_nobody_may_bring_the_bot_in_the_person_hears_why(scene: Scene) -> None:
    await scene.begin(mode="allow")
    levels = {"preset": "private_chat", "power_level_content_override": {"invite": 100}}
    await invited(scene, encrypted=True, **levels)
    await inside(scene, BOB, membership="leave")
    events = await scene.alice.events(scene.room)
    reasons = [one["content"].get("reason") for one in events if one.get("state_key") == BOB]
    assert f"I may not bring {BOT} here, which encrypts and reads for me" in reasons[-1]


@pytest.mark.parametrize("what", ["the entry of the bot", "what was said"])
async def test_what_is_said_before_anybody_can_read_is_answered_also_after_a_second_try(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    enter, lost = DeviceCalls.enter, [RetryLater("No answer", after=0.0)]

    async def entered(self: DeviceCalls, *which: Any) -> None:
        await enter(self, *which)
        if lost:
            raise lost.pop()

    await scene.begin(mode="allow")
    scene.rig.hs.hold()
    room = await invited(scene, encrypted=True)
    event = await scene.alice.say(room, "too early")
    if what == "what was said":
        failed = scene.rig.hs.fail("GET", "/messages")
    else:
        monkeypatch.setattr(DeviceCalls, "enter", entered)
    scene.rig.hs.release()
    notice = await scene.notice(SENTENCES[Why.TOO_SOON])
    assert notice["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    assert failed.struck if what == "what was said" else not lost
    assert await scene.notices(SENTENCES[Why.TOO_SOON]) == 1


async def test_what_is_said_in_plain_text_before_the_ghost_is_in_crosses_no_more_than_later(
    scene: Scene,
) -> None:
    await scene.begin(mode="require")
    scene.rig.hs.hold()
    room = await invited(scene)
    event = await scene.alice.say(room, "in the open")
    scene.rig.hs.release()
    notice = await scene.notice("It is not encrypted")
    assert notice["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    assert scene.rig.network.texts() == []


async def test_a_bot_that_was_invited_needs_nobody_to_bring_it_in(scene: Scene) -> None:
    await scene.begin(mode="allow")
    levels = {"preset": "private_chat", "power_level_content_override": {"invite": 100}}
    room = await invited(scene, invite=[BOB, BOT], encrypted=True, **levels)
    await inside(scene, BOB, BOT)
    await scene.alice.say(room, "hello bob")
    await scene.heard("hello bob")


@pytest.mark.parametrize("how", [{"encrypted": True}, {}])
async def test_one_from_before_encrypted_rooms_were_bridged_goes_on(
    scene: Scene, how: dict[str, Any]
) -> None:
    await scene.begin(mode="off")
    room = await invited(scene, **how)
    await inside(scene, BOB)
    await bound(scene)
    await scene.again(mode="allow")
    scene.room = room
    await answered(scene, "hello alice")
    await inside(scene, BOT)
    await scene.alice.say(room, "here again")
    await scene.heard("here again")


async def test_in_one_from_before_whoever_speaks_first_hears_that_it_was_not_read(
    scene: Scene,
) -> None:
    await scene.begin(mode="off")
    room = await invited(scene, encrypted=True)
    await inside(scene, BOB)
    await bound(scene)
    await scene.again(mode="allow")
    scene.room = room
    await scene.alice.say(room, "hello bob")
    await scene.alice.wait_for(
        room, lambda event: "I cannot read this message yet" in str(event["content"])
    )
    await scene.alice.say(room, "here again")
    await scene.heard("here again")


@pytest.mark.parametrize("key_comes", ["first", "late"])
async def test_the_first_word_to_the_bot_is_answered_when_its_key_is_there(
    scene: Scene, key_comes: str
) -> None:
    late = key_comes == "late"
    await scene.begin(mode="allow")
    scene.rig.hs.hold()
    room = await invited(scene, invite=[BOT], encrypted=True)
    said = {"msgtype": "m.text", "body": "help whoami"}
    key = await scene.alice.send_before_its_key(room, "m.room.message", said) if late else ""
    if not late:
        await scene.alice.say(room, "help whoami")
    scene.rig.hs.release()
    if late:
        await scene.notice("I cannot read this message yet")
        await scene.alice.give_key(key)
    await scene.notice("whoami")


async def test_the_first_word_to_the_bot_is_answered_where_nothing_encrypted_is_read(
    scene: Scene,
) -> None:
    await scene.begin(mode="off")
    scene.rig.hs.hold()
    room = await invited(scene, invite=[BOT], encrypted=True)
    await scene.alice.say(room, "help whoami")
    scene.rig.hs.release()
    await scene.notice("I cannot read encrypted messages")
