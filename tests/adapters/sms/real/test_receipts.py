"""What became of a text is shown as an SMSC of others tells it, by SMPP and through Kannel."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bridgekit.testing.servers import ServerMissing
from tests.adapters.sms.real.kannel import kannel_network
from tests.adapters.sms.real.smsc import smsc_network, smsc_process
from tests.adapters.sms.test_whole_bridge import STATUS, bodies, playing
from tests.integration.missing import skip


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    try:
        with TemporaryDirectory() as folder, smsc_process(Path(folder)):
            pass
    except ServerMissing as missing:
        skip(str(missing))


def arrived(room: Any) -> set[str]:
    """The events that are shown as delivered."""
    states = [one.content for one in room.events if one.type == STATUS]
    return {one["m.relates_to"]["event_id"] for one in states if one["status"] == "SUCCESS"}


@pytest.mark.parametrize("network", [smsc_network, kannel_network])
async def test_what_became_of_a_text_is_shown(tmp_path: Path, network: Any) -> None:
    try:
        async with playing(tmp_path, network) as scene:
            await scene.bob_texts("hi")
            room = await scene.room()
            await scene.until(lambda: "hi" in bodies(room))
            long = " ".join(["in several parts"] * 30)
            said = {await scene.alice.say(room.id, text) for text in ("short", long)}
            await scene.until(lambda: said <= arrived(room))
            failed = await scene.alice.say(room.id, "FAIL")  # so this SMSC does with it
            await scene.until(lambda: any("could not deliver it" in one for one in bodies(room)))
            assert failed not in arrived(room)
            assert [one.content.text for one in scene.network.heard()][-1][0].text.endswith("FAIL")
    except ServerMissing as missing:
        skip(str(missing))
