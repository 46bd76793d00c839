"""Chats that the operator does not want people to have bridged; the configuration still may."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import Rejected
from bridgekit.room.finding import chat_meant
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import CREATE, knows
from tests.core.linking.test_third_party import asked

WHY = "Whoever runs this bridge does not want that."


@pytest.fixture(autouse=True)
def _secret(monkeypatch):
    monkeypatch.setattr(
        LoopbackAdapter, "withheld", lambda _, chat: WHY if chat == "#secret" else ""
    )


async def test_its_alias_is_no_room_and_it_is_in_no_list(rig):
    rig.links = ()
    await rig.start()
    assert not await knows(rig, "#loop_#SECRET:example.org")
    assert rig.hs.requests[CREATE] == 0
    assert await asked(rig, "location/loopback", channel="#secret") == []
    assert await knows(rig, "#loop_#open:example.org")


async def test_who_wants_it_by_a_command_hears_why_not(rig):
    await rig.start()
    network = rig.bridge.parts.networks.get(NETWORK)
    with pytest.raises(Rejected, match=WHY):
        await chat_meant(network, "#Secret", rig.clock)
    assert (await chat_meant(network, "open", rig.clock)).id == "#open"


async def test_a_link_of_the_configuration_holds(rig):
    rig.links = (ChatLink(chat="#secret"),)
    await rig.start()
    await rig.hs.wait_for(lambda: "#loop_#secret:example.org" in rig.hs.world.aliases)
