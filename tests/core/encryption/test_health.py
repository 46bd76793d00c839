"""A device that cannot read its mail is seen: at /readyz, by the operators, in the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridgekit.encryption import mail_trouble
from bridgekit.encryption.mail_trouble import GRACE, LONGEST, OFTEN, ROBBED, WITHIN, MailTrouble
from bridgekit.errors import RetryLater
from bridgekit.metrics.health import WELL
from bridgekit.testing.clock import VirtualClock
from tests.core.encryption.rigs import Scene, scene_of


@pytest.fixture
async def scene(tmp_path: Path, database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=database) as scene:
        yield scene


async def _well() -> bool:
    return False


async def _said(scene: Scene) -> str | None:
    health = scene.rig.bridge.health
    assert health is not None
    return {check.what: check.said for check in await health.ready()}.get("encrypted rooms")


async def test_a_mailbox_that_is_refused_makes_the_bridge_not_ready_until_it_is_read_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_trouble, "GRACE", 0.0)
    fault = scene.rig.hs.fail("GET", "/sync", status=403, errcode="M_FORBIDDEN", times=None)
    await scene.begin(mode="allow")
    while await _said(scene) == WELL:  # noqa: ASYNC110 (it tells nobody)
        await asyncio.sleep(0.01)
    assert "cannot read its mail" in str(await _said(scene))
    fault.clear()
    while await _said(scene) != WELL:  # noqa: ASYNC110 (it tells nobody)
        await asyncio.sleep(0.01)


async def test_a_device_that_is_taken_away_again_and_again_is_said_and_not_made_at_once() -> None:
    clock = VirtualClock()
    trouble = MailTrouble(clock, _well)
    said = []
    for _ in range(12):
        trouble.robbed()
        said.append((trouble.said, trouble.pause()))
        await clock.advance(10)
    assert said[:2] == [("", 0.0)] * 2
    assert {words for words, _ in said[2:]} == {ROBBED}
    assert [pause for _, pause in said[2:]] == [30.0, 60.0, 120.0, 240.0, 480.0, *[LONGEST] * 5]
    await clock.advance(WITHIN)
    assert (trouble.said, trouble.pause()) == ("", 0.0)


async def test_two_that_delete_each_others_device_are_told_to_whoever_looks(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_trouble, "PAUSE", 0.01)
    await scene.begin(mode="allow")
    for _ in range(OFTEN):
        assert await _said(scene) == WELL
        device = scene.side.device
        name = device.row.device
        await device._calls.remove(name)
        while device.row.device == name or device.doubted.is_set():  # noqa: ASYNC110 (likewise)
            await asyncio.sleep(0.01)
    assert await _said(scene) == ROBBED


async def test_where_encrypted_rooms_are_not_bridged_nothing_is_said_of_them(scene: Scene) -> None:
    await scene.begin(mode="off")
    assert await _said(scene) is None


async def test_a_moment_is_no_trouble() -> None:
    clock = VirtualClock()
    trouble = MailTrouble(clock, _well)

    async def fails() -> Any:
        raise RetryLater("It is being started anew", after=None)

    async def works() -> None: ...

    async def tried(step: Any) -> str:
        with suppress(RetryLater):
            await trouble.heed(step)
        return trouble.said

    assert await tried(fails) == ""
    await clock.advance(GRACE - 1)
    assert await tried(fails) == ""
    await clock.advance(1)
    assert await tried(fails) != ""
    assert await tried(works) == ""
    assert await tried(fails) == ""  # it counts anew
