"""A key is used for so many messages, or for so long, as the room says: then for no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.encryption.scene import encrypted_room


async def test_a_key_is_used_for_as_many_messages_as_the_room_says_over_a_kill_too(tmp_path):
    async with encrypted_room(tmp_path, rotation_period_msgs=3) as scene:
        await scene.say("one", "two")
        await scene.rig.kill()
        await scene.rig.start()
        await scene.say("three", "four", "five", "six", "seven")
        assert scene.keys() == [3, 3, 1]
        assert scene.alice.unreadable == []


async def test_a_key_is_used_for_as_long_as_the_room_says(tmp_path):
    hour = timedelta(hours=1)
    async with encrypted_room(tmp_path, rotation_period_ms=3_600_000) as scene:
        await scene.say("one", "two")
        scene.clock.more = hour
        await scene.say("three", "four")
        await scene.rig.kill()
        scene.clock.more = 2 * hour
        await scene.rig.start()
        await scene.say("five")
        assert scene.keys() == [2, 2, 1]
        assert scene.alice.unreadable == []


@pytest.mark.parametrize("wrong", [0, -1, True, "2", None])
async def test_settings_that_are_none_are_those_of_any_room(wrong, tmp_path):
    settings = {"rotation_period_msgs": wrong, "rotation_period_ms": wrong}
    async with encrypted_room(tmp_path, **settings) as scene:
        await scene.say("one", "two", "three")
        assert scene.keys() == [3]
