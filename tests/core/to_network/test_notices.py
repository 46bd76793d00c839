"""Telling the sender, when the homeserver is not there to be told through."""

from __future__ import annotations

import pytest

from bridgekit.errors import LoginError, Rejected


@pytest.mark.parametrize("error", [Rejected("No"), LoginError("No"), TimeoutError()])
async def test_a_notice_that_fails_is_repeated_and_the_message_is_not(stage, error):
    sends = []
    stage.network.before.append(lambda event: sends.append(event.txn) or error)
    stage.network.before.append(lambda event: sends.append(event.txn))
    room = await stage.begin()
    down = stage.hs.fail("PUT", "/send/m.room.message", status=502, times=2)
    event = await stage.alice.say(room, "hello")
    notice = await stage.notice("bridged")
    await stage.ended()
    assert down.struck == 2
    assert len(sends) == 1
    assert notice["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    assert len(await stage.notices()) == 1
    assert stage.network.texts() == []


async def test_a_notice_whose_answer_was_lost_is_there_once(stage):
    stage.network.before.append(lambda _: Rejected("No"))
    room = await stage.begin()
    lost = stage.hs.lose_answer("PUT", "/send/m.room.message")
    await stage.alice.say(room, "hello")
    await stage.ended()
    assert lost.struck == 1
    assert len(await stage.notices()) == 1


async def test_a_crash_between_notice_and_commit_tells_nobody_twice(stage):
    """An unknown part is committed as such before it is told, and the notice has a stable ID."""
    stage.network.before.append(lambda _: TimeoutError())
    room = await stage.begin()
    held = stage.hs.delay("PUT", "/send/m.room.message")
    await stage.alice.say(room, "hello")
    await held.reached.wait()
    await stage.rig.kill()
    held.release()
    await stage.start()
    await stage.notice("may not have been bridged")
    await stage.ended()
    await stage.hs.pushed()
    assert len(await stage.notices()) == 1
    assert stage.network.texts() == []


async def test_a_notice_is_there_once_though_the_homeserver_forgot_its_transaction(stage):
    stage.network.before.append(lambda _: Rejected("No"))
    room = await stage.begin()
    lost = stage.hs.lose_answer("PUT", "/send/m.room.message", times=None)
    await stage.alice.say(room, "hello")
    await lost.reached.wait()
    await stage.hs.restart()
    lost.clear()
    await stage.ended()
    assert len(await stage.notices()) == 1
