"""A group MMS through a whole bridge: one room, whoever of them writes, and one answer to all."""

from __future__ import annotations

from typing import Any

from bridges.sms.fake.calls import Outcall
from bridges.sms.fake.telnyx import fake_telnyx
from bridges.sms.fake.troubles import BOB, OWN
from tests.adapters.sms.test_whole_bridge import bodies, playing

CAROL = "14155550102"


def says(gateway: Any, id_: str, sender: str, others: str, words: str) -> None:
    """Somebody writes to the group, whose other phones are named in `cc`."""
    payload = {
        "id": id_,
        "from": {"phone_number": f"+{sender}"},
        "to": [{"phone_number": f"+{OWN}"}],
        "cc": [{"phone_number": f"+{others}"}],
        "text": words,
        "media": [],
    }

    def make() -> Any:
        call = gateway._call("message.received", payload)
        return call.url, call.headers, call.body

    gateway._calls_us(Outcall("POST", make))


async def test_a_group_has_one_room_and_is_answered_as_one(tmp_path) -> None:
    async with playing(tmp_path, fake_telnyx) as scene:
        gateway = scene.network
        await scene.until(lambda: gateway.hook)
        says(gateway, "g1", BOB, CAROL, "dinner at 8?")
        room = await scene.room()
        await scene.until(lambda: "dinner at 8?" in bodies(room))
        says(gateway, "g2", CAROL, BOB, "yes!")
        await scene.until(lambda: "yes!" in bodies(room))
        assert len(scene.rooms()) == 1
        ghosts = {one.sender for one in room.events if one.type == "m.room.message"}
        assert len(ghosts) == 2
        await scene.says(room, "me too")
        await scene.until(lambda: gateway.groups)
        assert gateway.groups == [[f"+{BOB}", f"+{CAROL}"]]
