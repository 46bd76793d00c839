"""More speakers in doubt at once than the bridge remembers: nothing is doubled (rule 14)."""

from __future__ import annotations

from bridgekit.matrix import late_answers
from tests.core.uncommitted import HeldEnds

SPEAKERS = ("bob", "carol", "dave", "erin")


async def test_rule_14_more_speakers_in_doubt_than_are_remembered_double_nothing(
    rig, watch, monkeypatch
):
    monkeypatch.setattr(late_answers, "REMEMBERED", 12)
    monkeypatch.setattr(late_answers, "READINGS", 2)
    await rig.start()
    eye = await watch(rig)

    async def all_say(*words: str) -> list[str]:
        said = [f"{who} {word}" for word in words for who in SPEAKERS]
        for text in said:
            await rig.network.say("#room", text.split()[0], text, id=text)
        await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == said[-1])
        return said

    said = await all_say("1", "2", "3", "4")
    HeldEnds(rig.bridge.parts.store.writer, monkeypatch)
    said += await all_say("5", "6")
    await rig.kill()
    await rig.hs.restart()
    await rig.start()
    said += await all_say("7")
    await eye.sees(*said)
