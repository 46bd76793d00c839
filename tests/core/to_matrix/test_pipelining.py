"""Delivery rule 17 towards Matrix: a crash with several sends whose ends are not stored."""

from __future__ import annotations

import pytest

from tests.core.uncommitted import HeldEnds

TEXTS = [f"line {number}" for number in range(6)]


async def killed_ahead(rig, eye, monkeypatch) -> None:
    """Everything is in the room, nothing of that is stored, and the bridge is gone."""
    HeldEnds(rig.bridge.parts.store.writer, monkeypatch)
    for number, text in enumerate(TEXTS):
        await rig.network.say("#room", "bob", text, id=f"m{number}")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == TEXTS[-1])
    await rig.kill()


@pytest.mark.parametrize("restarted", [False, True], ids=["same", "restarted"])
async def test_rule_17_several_sends_ahead_of_their_commits_outlive_a_kill_once_each(
    rig, watch, monkeypatch, restarted
):
    await rig.start()
    eye = await watch(rig)
    await killed_ahead(rig, eye, monkeypatch)
    if restarted:
        await rig.hs.restart()  # and remembers no transaction ID
    await rig.start()
    await rig.network.say("#room", "bob", "after", id="after")
    await eye.sees(*TEXTS, "after")


async def test_rule_17_they_are_looked_for_also_behind_what_waits_for_its_target(
    rig, watch, monkeypatch
):
    await rig.start()
    eye = await watch(rig)
    for number in range(20):
        await rig.network.person("bob").react("#room", f"nothing {number}", "👍")
    await eye.settled()
    await killed_ahead(rig, eye, monkeypatch)
    await rig.hs.restart()
    await rig.start()
    await rig.network.say("#room", "bob", "after", id="after")
    await eye.sees(*TEXTS, "after")
