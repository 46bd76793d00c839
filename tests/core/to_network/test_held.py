"""What its sender hears of a message whose login does not connect (promise 3)."""

from __future__ import annotations


async def test_whoever_is_held_for_a_minute_is_told_once(timed, slow_login, later):
    room = await timed.begin()
    clock = timed.rig.clock
    event = await timed.alice.say(room, "anybody there?")
    await later(lambda: timed.parts.queue.waiting > 0, clock)
    assert await timed.notices() == []
    await later(lambda: clock.monotonic() > 200, clock, 5)
    notice = await timed.notice("is waiting")
    assert "loop is not connected; it is sent as soon as" in notice["body"]
    assert "BK-" in notice["body"]
    assert notice["m.relates_to"] == {"m.in_reply_to": {"event_id": event}}
    slow_login.set()
    await timed.heard("anybody there?")
    assert len(await timed.notices()) == 1


async def test_whoever_is_held_for_less_is_not_told(timed, slow_login, later):
    room = await timed.begin()
    clock = timed.rig.clock
    await timed.alice.say(room, "hello")
    await later(lambda: clock.monotonic() > 30, clock)
    slow_login.set()
    await timed.heard("hello")
    await later(lambda: clock.monotonic() > 200, clock, 5)
    assert await timed.notices() == []
