"""Somebody on Matrix moves a ghost while we still take in where they moved it before."""

from __future__ import annotations

import asyncio

from bridgekit.events import MemberState
from bridgekit.membership.whereabouts import Whereabouts
from tests.core.members.conftest import JOIN, LEAVE

BOB = "@loop_bob:example.org"


async def test_an_unban_while_the_ban_is_taken_in_is_not_missed(scene, monkeypatch):
    reached, gate, expelled = asyncio.Event(), asyncio.Event(), Whereabouts.expelled

    async def slowly(*ban):
        await expelled(*ban)
        reached.set()
        await gate.wait()

    monkeypatch.setattr(Whereabouts, "expelled", slowly)
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    intents = scene.rig.bridge.parts.intents
    await intents.ban(scene.room, BOB)
    await reached.wait()
    await intents.unban(scene.room, BOB)
    await scene.rig.hs.pushed()
    await scene.rig.bridge.parts.matrix.inbox.drained()
    gate.set()
    await scene.settled()
    await scene.rig.network.say("#room", "bob", "hello", id="m1")
    words = await scene.alice.wait_for(
        scene.room, lambda e: "hello" in e["content"].get("body", "")
    )
    assert words["sender"] == BOB


async def test_a_ban_of_somebody_on_matrix_is_not_lifted_with_the_networks(scene):
    await scene.start()
    await scene.says(("bob", JOIN))
    await scene.settled()
    await scene.rig.bridge.parts.intents.ban(scene.room, BOB)
    await scene.settled()
    await scene.says(("bob", MemberState.BAN))
    await scene.settled()
    await scene.says(("bob", LEAVE))
    await scene.settled()
    assert (await scene.state("bob"))["membership"] == "ban"
