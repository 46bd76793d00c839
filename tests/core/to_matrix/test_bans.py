"""Whose ghost is banned is spoken for by the bot, and speaks for themselves once it is not."""

from __future__ import annotations

import pytest

from bridgekit.testing.rig import DOMAIN

BOB = f"@loop_bob:{DOMAIN}"


@pytest.fixture
async def eye(rig, watch):
    """Bob has said one thing."""
    await rig.start()
    eye = await watch(rig)
    await rig.network.say("#room", "bob", "one", id="m1")
    await eye.sees("one")
    return eye


async def moved(eye, how):
    """As the bot may, and people who have the power."""
    path = f"rooms/{eye.room}/{how}"
    await eye.rig.bridge.parts.intents._call("POST", path, {"user_id": BOB})


async def speaks_for_themselves(eye):
    await moved(eye, "unban")
    await eye.rig.hs.pushed()
    await eye.reconciled()
    await eye.rig.network.say("#room", "bob", "three", id="m3")
    *_, event = await eye.sees("one", "<Bob> two", "three")
    assert event["sender"] == BOB


async def test_an_unbanned_sender_speaks_for_themselves_again(eye):
    await moved(eye, "ban")
    await eye.rig.network.say("#room", "bob", "two", id="m2")
    await eye.sees("one", "<Bob> two")
    await speaks_for_themselves(eye)


async def test_so_does_one_whose_ban_is_heard_of_just_as_they_are_refused(eye):
    hs = eye.rig.hs
    asked = hs.delay("GET", "/state/m.room.tombstone")  # behind the refusal
    hs.hold()
    await moved(eye, "ban")
    await eye.rig.network.say("#room", "bob", "two", id="m2")
    await asked.reached.wait()
    hs.release()
    await hs.pushed()
    await eye.reconciled()
    asked.release()
    await eye.sees("one", "<Bob> two")
    await speaks_for_themselves(eye)
