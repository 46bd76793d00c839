"""What a link costs where nobody has read the message yet: no query, as nearly always."""

from __future__ import annotations


async def test_a_message_that_nobody_has_read_costs_no_query(scene, monkeypatch):
    await scene.start()
    await scene.bob_says("hi", "m1")
    await scene.settled()
    receipts = scene.rig.bridge.parts.matrix.ephemeral.receipts
    asked = []
    stored = receipts.rows.of

    async def of(*place):
        asked.append(place)
        return await stored(*place)

    monkeypatch.setattr(receipts.rows, "of", of)
    await scene.bob_says("and again", "m2")
    await scene.settled()
    assert asked == []
    await scene.network.person("bob").read("#room", "m3")
    await scene.settled()
    before = len(asked)
    assert before > 0
    await scene.bob_says("what was read already", "m3")
    await scene.until(lambda: len(asked) > before)
    await scene.settled()
    assert await scene.stored() == []
