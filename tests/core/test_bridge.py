"""The whole path in both directions, on the fake homeserver and the loopback network."""

from __future__ import annotations

ALIAS = "#loop_#room:example.org"


async def test_a_message_crosses_both_ways(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await alice.say(room, "hello network")
    await rig.network.wait(lambda: rig.network.texts() == ["hello network"])
    await rig.network.say("#room", "bob", "hello matrix", id="m1")
    event = await alice.wait_for(room, lambda event: event["content"].get("body") == "hello matrix")
    assert event["sender"] == "@loop_bob:example.org"
    await rig.stop()
