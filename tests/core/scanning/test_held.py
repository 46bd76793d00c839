"""Whoever waits for the content scan hears of it, once, and numbers show it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bridgekit.bridge import database_url
from bridgekit.metrics.families import exposed
from bridgekit.metrics.readings import Readings
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.rig import Rig
from tests.core.scanning.conftest import Stage
from tests.core.scanning.judge import Judge


async def test_its_sender_is_told_after_a_minute_and_once(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with Rig(tmp_path, clock, homeserver_clock=clock) as rig:
        stage = Stage(rig, Judge(tmp_path / "judge"))
        await stage.begin()
        stage.judge.be("down")
        event = await stage.alice.send_file(stage.room, "dog.bin", "application/pdf", b"a file")
        async with asyncio.timeout(60):
            while not await stage.parts.media.scan.trouble():
                await settle()
            while not (told := await _notices(stage)):
                await clock.advance(20)
        body = told[0]["content"]["body"]
        assert "The content scan does not answer; it is sent as soon as that has looked" in body
        assert told[0]["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == event
        for _ in range(10):
            await clock.advance(60)
        assert len(await _notices(stage)) == 1


async def _notices(stage: Stage) -> list[dict[str, object]]:
    shown = await stage.alice.messages(stage.room)
    return [one for one in shown if "waiting" in str(one["content"].get("body"))]


async def test_the_metrics_show_it(stage: Stage) -> None:
    await stage.begin()
    await stage.alice.send_file(stage.room, "cat.bin", "application/pdf", b"an evil file")
    await stage.shown("was blocked")
    health = stage.rig.bridge.health
    assert health is not None
    readings = Readings(stage.parts, health, database_url(stage.rig.config), stage.rig.clock)
    text = exposed(await readings.take()).decode()
    assert 'bridgekit_scans_total{outcome="blocked"} 1.0' in text
    assert "bridgekit_scanner_up 1.0" in text
    assert 'bridgekit_up{what="content scan"} 1.0' in text
