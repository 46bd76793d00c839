"""What the attack of `tests/crash` found, each as the smallest story that shows it."""

from __future__ import annotations


async def test_a_reply_waits_for_the_message_that_a_crash_left_in_doubt(stage):
    room = await stage.begin()
    await stage.hs.pushed()
    stage.hs.hold()
    lost = stage.hs.lose_answer("PUT", "/send/m.room.message", times=None)
    await stage.network.say("#room", "bob", "hello", id="first")
    event = await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "hello")
    await stage.rig.kill()
    lost.clear()
    looking = stage.hs.delay("GET", "/messages")
    await stage.start()
    relation = {"m.in_reply_to": {"event_id": event["event_id"]}}
    reply = {"msgtype": "m.text", "body": "hi", "m.relates_to": relation}
    await stage.push("$reply", reply)
    await stage.stored("SELECT 1 FROM job WHERE direction = 'to_network' AND attempts > 0", 1)
    looking.release()
    await stage.heard("hi")
    assert stage.network.heard[0].message.reply_to == "first"
