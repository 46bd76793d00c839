"""Who comes back with another device reads with that: nobody tells of devices meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit.testing.encrypted.person import encrypted_person
from tests.core.encryption.scene import encrypted_room


@pytest.mark.parametrize("invited", [True, False])
async def test_a_device_that_was_made_while_its_person_was_not_there_is_given_keys(
    invited, tmp_path
):
    async with encrypted_room(tmp_path) as scene:
        carol = await encrypted_person(scene.rig.hs, "carol")
        if invited:
            await scene.alice_may()
            await scene.alice.invite(scene.room, carol.user_id)
        else:
            await carol.join(scene.room)
        await scene.say("one")
        if not invited:
            await carol.leave(scene.room)
            await scene.say("two")
        carol = await encrypted_person(scene.rig.hs, "carol")
        await encrypted_person(scene.rig.hs, "alice")  # by which /sync goes on from here
        await scene.say("three")
        await carol.join(scene.room)
        await scene.known()
        await scene.say("four")
        assert "four" in [_body(event) for event in await carol.events(scene.room)]


async def test_who_is_only_invited_reads_no_more_once_only_members_may(tmp_path):
    async with encrypted_room(tmp_path) as scene:
        await scene.alice_may()
        carol = await encrypted_person(scene.rig.hs, "carol")
        await scene.alice.invite(scene.room, carol.user_id)
        await scene.say("one")
        await carol.take_mail()
        before = set(carol.keys.sessions)
        assert before
        kind = "m.room.history_visibility"
        await scene.alice.set_state(scene.room, kind, {"history_visibility": "joined"})
        await scene.known()
        await scene.say("two")
        assert len(scene.keys()) == 2, "there is another key"
        await carol.take_mail()
        assert set(carol.keys.sessions) == before


def _body(event: dict[str, Any]) -> Any:
    return event["content"].get("body")
