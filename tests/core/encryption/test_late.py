"""What is said about a message whose key comes late, and how it is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.errors import RetryLater
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from tests.core.encryption.rigs import BOT, Scene, scene_of
from tests.core.until import until

WHOLE = "⏳ The key of this message has come: it is on its way."
WAITS, CAME = "I cannot read this message yet", "The key of this message has come"


@pytest.fixture
async def scene(tmp_path: Path, empty_database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=empty_database) as found:
        yield found


async def said_too_early(scene: Scene, body: str) -> tuple[str, dict[str, Any]]:
    """Its event, and the key that nobody has been given yet."""
    content = {"msgtype": "m.text", "body": body}
    key = await scene.alice.send_before_its_key(scene.room, "m.room.message", content)
    events = scene.rig.hs.world.rooms[scene.room].events
    return next(one.id for one in reversed(events) if one.type == "m.room.encrypted"), key


async def edits_of(scene: Scene, event_id: str) -> list[str]:
    """The texts that took the place of an event's."""
    found = []
    for event in await scene.alice.events(scene.room):
        relation = event["content"].get("m.relates_to", {})
        if (relation.get("rel_type"), relation.get("event_id")) == ("m.replace", event_id):
            found.append(event["content"]["m.new_content"]["body"])
    return found


async def gone(scene: Scene, event_id: str) -> None:
    """An event is taken back."""
    await scene.alice.wait_for(
        scene.room,
        lambda event: (
            event["type"] == "m.room.redaction"
            and event_id in (event.get("redacts"), event["content"].get("redacts"))
        ),
    )


async def _none(scene: Scene) -> bool:
    return not await scene.rows("SELECT * FROM unread_event")


async def test_its_notice_changes_when_the_key_comes_and_goes_when_it_went_through(scene: Scene):
    await scene.begin(mode="allow")
    await scene.encrypt()
    await scene.alice.say(scene.room, "on time")
    await scene.heard("on time")
    said, key = await said_too_early(scene, "too early")
    notice = await scene.notice(WAITS)
    assert notice["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": said}}
    assert notice["content"]["m.mentions"] == {"user_ids": [scene.alice.user_id]}
    # The key was asked for, of every device of hers.
    (asked,) = [one for one in scene.alice.asked if one["action"] == "request"]
    assert asked["body"]["session_id"] == key["session_id"]
    free = asyncio.Event()

    async def hold(_: object) -> None:
        await free.wait()

    scene.rig.network.before.append(hold)
    await scene.alice.give_key(key)
    await scene.notice(CAME)
    assert await edits_of(scene, notice["event_id"]) == [WHOLE]
    assert (await scene.alice.event(scene.room, notice["event_id"]))["content"], "still there"
    free.set()
    await until(lambda: any("too early" in one for one in scene.rig.network.texts()))
    await gone(scene, notice["event_id"])
    late = scene.rig.network.texts()[-1]
    assert late.startswith("(late, from 20")
    assert late.endswith(" UTC) too early")
    await until(partial(_none, scene))


async def test_who_is_given_up_is_told_once_and_the_notice_goes(scene: Scene):
    await scene.begin(mode="allow", wait=5.0)
    await scene.encrypt()
    said, key = await said_too_early(scene, "never")
    notice = await scene.notice(WAITS)
    failure = await scene.notice("was not bridged. Its key has not come")
    assert failure["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": said}}
    await gone(scene, notice["event_id"])
    assert await edits_of(scene, notice["event_id"]) == [], "the key has not come"
    # Too late: it is not bridged behind the back of whoever was told that it was not.
    await scene.alice.give_key(key)
    await scene.alice.say(scene.room, "next")
    await scene.heard("next")
    assert scene.rig.network.texts() == ["next"]


async def test_a_key_that_comes_soon_is_nobodys_business(scene: Scene):
    await scene.begin(mode="allow")
    await scene.encrypt()
    _, key = await said_too_early(scene, "at once")
    await scene.alice.give_key(key)
    await scene.heard("at once")
    assert await scene.notices(WAITS) == 0


async def test_a_kill_between_the_key_and_the_end_leaves_no_notice(scene: Scene):
    await scene.begin(mode="allow")
    await scene.encrypt()
    _, key = await said_too_early(scene, "too early")
    notice = await scene.notice(WAITS)
    busy = scene.rig.network.before
    busy += [lambda _: RetryLater("It is busy", after=0.2)] * 1_000
    await scene.alice.give_key(key)
    await scene.notice(CAME)
    await scene.rig.kill()
    busy.clear()
    await scene.begin(mode="allow")
    await gone(scene, notice["event_id"])
    assert len(await edits_of(scene, notice["event_id"])) == 1, "said once"
    assert await scene.notices(CAME) == 1


async def test_what_came_at_once_waits_in_the_order_in_which_it_was_said(begun) -> None:
    content = {"session_id": "s"}
    said = [
        {"event_id": f"${name}", "room_id": "!room:x", "sender": "@alice:x", "content": content}
        for name in "cab"
    ]
    async with begun() as side:
        waiting = [side.opener.unread(event) for event in said]
    assert sorted(waiting, key=lambda one: (one.at, one.event)) == waiting


async def test_where_encryption_is_switched_off_what_waits_ends_in_words(scene: Scene):
    await scene.begin(mode="allow")
    await scene.encrypt()
    first, _ = await said_too_early(scene, "told")
    notice = await scene.notice(WAITS)
    second, key = await said_too_early(scene, "not told yet")
    await until(partial(_waiting, scene, 2))
    await scene.again(mode="off")
    await scene.alice.give_key(key)
    for said in (first, second):
        failure = await scene.alice.wait_for(
            scene.room, lambda event, said=said: _answers(event, said, "does not read encrypted")
        )
        assert failure["sender"] == BOT
    await gone(scene, notice["event_id"])
    await until(partial(_none, scene))
    counts = scene.parts.status.counts
    assert counts["loop", Direction.TO_NETWORK, Reason.UNREADABLE] == 2
    assert scene.rig.network.texts() == []


async def _waiting(scene: Scene, count: int) -> bool:
    return len(await scene.rows("SELECT * FROM unread_event WHERE over = 0")) == count


def _answers(event: dict[str, Any], said: str, words: str) -> bool:
    content = event["content"]
    relation = content.get("m.relates_to", {}).get("m.in_reply_to", {})
    return relation.get("event_id") == said and words in str(content.get("body"))


async def test_a_key_is_asked_for_until_the_homeserver_takes_it_also_after_a_kill(
    scene: Scene, monkeypatch
):
    send, tried = DeviceCalls.send, []

    async def away(self: DeviceCalls, kind: str, messages: Any, txn: str, *who: str) -> None:
        if kind == "m.room_key_request":
            tried.append(txn)
            raise RetryLater("The homeserver does not answer", after=0.05)
        await send(self, kind, messages, txn, *who)

    await scene.begin(mode="allow")
    await scene.encrypt()
    with monkeypatch.context() as down:
        down.setattr(DeviceCalls, "send", away)
        await said_too_early(scene, "too early")
        await scene.notice(WAITS)
        await until(lambda: len(tried) > 2)
        await scene.rig.kill()
    assert scene.alice.asked == []
    await scene.begin(mode="allow")

    async def asked() -> bool:
        await scene.alice.take_mail()
        return bool(scene.alice.asked)

    await until(asked)
    assert len(set(tried)) == 1, "the same request each time"
    assert await scene.notices(WAITS) == 1, "they hear of it once"
    await scene.notice(WAITS)
    assert len(scene.alice.asked) == 1


async def test_who_is_alone_with_the_bot_is_told_as_well(scene: Scene):
    await scene.begin(mode="default")
    own = await scene.parts.people.management.room(scene.alice.user_id)
    await scene.alice.join(own)
    content = {"msgtype": "m.text", "body": "help"}
    await scene.alice.send_before_its_key(own, "m.room.message", content)
    await scene.alice.wait_for(own, lambda event: WAITS in str(event["content"].get("body")))


@pytest.mark.parametrize(
    ("written", "seconds"), [(90, 90), ("20 s", 20), ("30 min", 1800), ("1 day", 86_400)]
)
def test_how_long_something_waits_is_written_as_other_times_are(
    written: object, seconds: float
) -> None:
    assert EncryptionSettings(mode="allow", wait=written).wait == seconds


@pytest.mark.parametrize("written", [0, "2 days", float("nan"), "long", True])
def test_how_long_something_waits_is_at_most_a_day(written: object) -> None:
    with pytest.raises(ValidationError):
        EncryptionSettings(mode="allow", wait=written)
