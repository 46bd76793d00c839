"""A text whose answer was lost: held as doubtful, and settled by what the gateway tells later."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit import Delivery, DeliveryState, MessageID
from bridges.sms.fake import fake_kannel
from bridges.sms.fake.plivo import fake_plivo
from bridges.sms.fake.telnyx import fake_telnyx
from bridges.sms.fake.vonage import fake_vonage
from tests.adapters.sms.test_whole_bridge import STATUS, bodies, playing


@pytest.mark.parametrize("fake", [fake_kannel, fake_plivo, fake_telnyx, fake_vonage])
async def test_a_report_shows_that_what_nobody_was_sure_of_was_sent(tmp_path, fake: Any) -> None:
    async with playing(tmp_path, fake) as scene:
        gateway = scene.network
        await scene.until(lambda: gateway.hook or fake is fake_kannel)
        await scene.bob_texts("hi")
        room = await scene.room()
        await gateway.lose(taken=True)
        await scene.says(room, "at 8")
        await scene.until(lambda: [one for one in bodies(room) if "may not have been" in one])
        (heard,) = gateway.heard()
        await gateway.say("bob", Delivery(MessageID(heard.id), DeliveryState.DELIVERED))
        await scene.until(lambda: [one for one in bodies(room) if "sent after all" in one])
        await scene.until(lambda: [one for one in room.events if one.type == STATUS])
        assert len(gateway.heard()) == 1
