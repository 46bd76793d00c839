"""A message that is new is not asked about; one that is not is found to be known, whenever."""

from __future__ import annotations

from bridgekit.reasons import Reason


async def test_what_is_new_is_not_looked_up(rig, watch, monkeypatch):
    await rig.start()
    eye = await watch(rig)
    rows, asked = rig.bridge.parts.portals.rows, []
    known = type(rows).known

    async def noted(self, portal, message):
        asked.append(message)
        return await known(self, portal, message)

    monkeypatch.setattr(type(rows), "known", noted)
    await rig.network.say("#room", "bob", "one", id="m1")
    await rig.network.say("#room", "bob", "two", id="m2")
    await eye.sees("one", "two")
    assert asked == []


async def test_rule_20_a_message_that_comes_with_its_deletion_ahead_is_not_shown(rig, watch):
    """The deletion was not worked on yet when the message was stored."""
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "first", id="m0")
    await eye.sees("first")
    held = rig.hs.delay("PUT", "/send/", times=1)
    await rig.network.say("#room", "bob", "second", id="m1")
    await held.reached.wait()
    await rig.network.person("bob").delete("#room", "m2")
    await rig.network.say("#room", "bob", "too late", id="m2")
    await rig.network.say("#room", "bob", "third", id="m3")
    held.release()
    await eye.sees("first", "second", "third")
    assert eye.count(Reason.TARGET_GONE) == 1
