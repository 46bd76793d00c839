"""People on Matrix who write first: to a number, from the number that they share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridgekit import Rejected
from bridgekit.ids import UserID
from bridges.sms.fake.troubles import BOB
from tests.adapters.sms.test_whole_bridge import SMS, Scene, bodies, playing
from tests.core.linking.test_opening import opening

ALICE = UserID("@alice:example.org")


@pytest.fixture
async def scene(tmp_path) -> AsyncIterator[Scene]:
    async with playing(tmp_path) as found:
        yield found


async def connected(scene: Scene) -> Any:
    listeners = scene.rig.bridge.parts.networks.get(SMS).logins.listeners
    await scene.until(listeners.client)
    return opening(scene.rig)


async def test_a_chat_is_started_by_a_number_and_is_the_one_that_is_answered_in(scene) -> None:
    by_hand = await connected(scene)
    opened = await by_hand.start(ALICE, SMS, f"+{BOB}")
    assert opened.made
    room = scene.rig.hs.world.rooms[opened.room]
    await scene.alice.join(room.id)
    assert room.content("m.room.join_rules", "")["join_rule"] == "invite"
    await scene.says(room, "hello Bob")
    await scene.until(lambda: scene.heard() == ["alice: hello Bob"])
    await scene.bob_texts("hello Alice")
    await scene.until(lambda: "hello Alice" in bodies(room))
    again = await by_hand.start(ALICE, SMS, "+1 415-555-0101")
    assert (again.room, again.made) == (room.id, False)


async def test_what_must_not_be_texted_is_not_started(scene) -> None:
    by_hand = await connected(scene)
    for number in ("911", "nobody", "+1 900 555 0199"):
        with pytest.raises(Rejected):
            await by_hand.start(ALICE, SMS, number)
    assert scene.rooms() == []
