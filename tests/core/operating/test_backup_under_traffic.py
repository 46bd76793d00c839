"""A copy taken while people talk costs nobody anything, and a bridge elsewhere goes on from it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.store import copying
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
MESSAGES, COPIES = 40, 4
pytestmark = pytest.mark.sqlite


async def talk(rig: Rig, room: str, numbers: range) -> None:
    alice = rig.hs.person("alice")
    for number in numbers:
        await alice.say(room, f"out {number}")
        await rig.network.say("#room", "bob", f"in {number}", id=f"m{number}")


async def arrived(rig: Rig, room: str, numbers: range) -> None:
    alice = rig.hs.person("alice")
    await rig.network.wait(lambda: len(rig.network.texts()) >= len(numbers))
    await alice.wait_for(room, lambda event: event["content"].get("body") == f"in {numbers[-1]}")


def once(found: list[str], way: str, numbers: range) -> None:
    assert [one for one in found if one.startswith(way)] == [f"{way} {one}" for one in numbers]


async def test_copies_under_traffic_lose_nothing_and_double_nothing(tmp_path, database) -> None:
    async with Rig(tmp_path, database=database) as rig:
        rig.settings["moderation"] = ModerationSettings(circles=False)  # they take turns
        await rig.start()
        alice = rig.hs.person("alice")
        room = await alice.join(ALIAS)
        talking = asyncio.ensure_future(talk(rig, room, range(MESSAGES)))
        source, made = Path(database.removeprefix("sqlite:///")), 0
        while not talking.done() and made < COPIES:
            await asyncio.to_thread(copying.copy, source, tmp_path / f"copy{made}.db")
            made += 1
        await talking
        await arrived(rig, room, range(MESSAGES))
        await rig.stop()
        once(rig.network.texts(), "out", range(MESSAGES))
        once(await alice.bodies(room), "in", range(MESSAGES))
        assert made > 1
        instances = {copying.look(tmp_path / f"copy{one}.db").instance for one in range(made)}
        assert len(instances) == 1


async def test_a_copy_goes_on_in_another_place_and_nothing_comes_twice(tmp_path, database) -> None:
    elsewhere = tmp_path / "elsewhere" / "bridge.db"
    elsewhere.parent.mkdir()
    async with Rig(tmp_path, database=database) as rig:
        await rig.start()
        alice = rig.hs.person("alice")
        room = await alice.join(ALIAS)
        await talk(rig, room, range(10))
        await arrived(rig, room, range(10))
        source = Path(database.removeprefix("sqlite:///"))
        copy = await asyncio.to_thread(copying.copy, source, tmp_path / "copy.db")
        await talk(rig, room, range(10, 20))
        await arrived(rig, room, range(20))
        await rig.stop()
        copying.put_back(copy.path, elsewhere, "now")
        rig.database = f"sqlite:///{elsewhere}"
        await rig.start()
        # The network says again what the copy has not heard of; the homeserver holds it already.
        for number in range(20):
            await rig.network.say("#room", "bob", f"in {number}", id=f"m{number}")
        await talk(rig, room, range(20, 25))
        await arrived(rig, room, range(25))
        await rig.stop()
        once(rig.network.texts(), "out", range(25))
        once(await alice.bodies(room), "in", range(25))
