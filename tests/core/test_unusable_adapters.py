"""An adapter that is configured and cannot be used: its network stays off, all others run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.configuration.stand_in import stand_in
from bridgekit.ids import LoginID, NetworkName
from bridgekit.models import Flow
from bridgekit.testing.loopback import LoopbackConfig
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.rig import Rig

WELL, ILL = NetworkName("well"), NetworkName("ill")
WHY = "The adapter ill (from a-package) cannot be imported: OSError: torn; report this"
GHOST = "@ill_bob:example.org"


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, database=database, networks=(WELL, ILL)) as rig:
        yield rig


@pytest.fixture
async def rooms(rig) -> dict[str, str]:
    """Both networks worked once, with a room each; now the adapter of one cannot be used."""
    rig.link("#room", flow=Flow.BOTH, network=ILL)
    await rig.start()
    alice = rig.hs.person("alice")
    rooms = {name: await alice.join(f"#{name}_#room:example.org") for name in (WELL, ILL)}
    for name, room in rooms.items():
        await alice.say(room, "good day")
        await rig.networks[name].wait(lambda name=name: rig.networks[name].heard)
    await rig.stop()
    rig.others[ILL] = Network(ILL, stand_in("ill", WHY), None, ())
    return rooms


def notice(event: Any) -> bool:
    return event["content"].get("msgtype") == "m.notice"


async def test_the_others_run_and_the_log_says_which_one_does_not_and_why(rig, rooms):
    with capture_logs() as logs:
        await rig.start()
    (line,) = [one for one in logs if one["event"] == "network stays off"]
    assert (line["network"], line["why"]) == (ILL, WHY)
    alice, network = rig.hs.person("alice"), rig.networks[WELL]
    await alice.say(rooms[WELL], "still here")
    await network.wait(lambda: "still here" in network.texts())
    await network.say("#room", "bob", "so am I", id="m1")
    await alice.wait_for(rooms[WELL], lambda one: one["content"].get("body") == "so am I")


async def test_who_speaks_to_it_is_told_and_may_be_sent_again_once_it_is_mended(rig, rooms):
    await rig.start()
    alice = rig.hs.person("alice")
    await alice.say(rooms[ILL], "anybody there?")
    told = await alice.wait_for(rooms[ILL], notice)
    assert "switched off until the operator mends" in told["content"]["body"]
    await rig.stop()
    del rig.others[ILL]
    await rig.start()
    network = rig.networks[ILL]
    await alice.say(rooms[ILL], "and now?")
    await network.wait(lambda: "and now?" in network.texts())
    assert network.texts() == ["good day", "and now?"]


async def test_its_ghosts_stay_ours_and_answer_nobody(rig, rooms):
    network = rig.networks[ILL]
    del rig.others[ILL]
    await rig.start()
    await network.say("#room", "bob", "here I am", id="m1", to=None)
    alice = rig.hs.person("alice")
    await alice.wait_for(rooms[ILL], lambda one: one["content"].get("body") == "here I am")
    await rig.stop()
    rig.others[ILL] = Network(ILL, stand_in("ill", WHY), None, ())
    await rig.start()
    room = await alice.create_room(invite=[GHOST], direct=True, preset="trusted_private_chat")
    left = await alice.wait_for(
        room,
        lambda one: (
            one["type"] == "m.room.member"
            and one.get("state_key") == GHOST
            and one["content"]["membership"] == "leave"
        ),
    )
    assert "switched off" in left["content"]["reason"]


@pytest.mark.parametrize("fails", ["__init__", "own_logins"])
async def test_an_adapter_that_fails_as_it_is_made_stops_nobody_else(rig, rooms, fails):
    def fail(*_: object) -> None:
        raise RuntimeError("torn")

    torn = type("Torn", (LoopbackAdapter,), {fails: fail})
    link = ChatLink(chat="#Room", room=rooms[ILL])
    rig.others[ILL] = Network(ILL, torn, LoopbackConfig(network=rig.networks[ILL]), (link,))
    with capture_logs() as logs:
        await rig.start()
    (line,) = [one for one in logs if one["event"] == "network stays off"]
    assert line["why"].startswith("The adapter for ill failed as it was made: RuntimeError;")
    network = rig.networks[WELL]
    await rig.hs.person("alice").say(rooms[WELL], "still here")
    await network.wait(lambda: "still here" in network.texts())
    assert LoginID("ill:bot") not in network.clients
    (portal,) = await rig.bridge.parts.portals.in_room(rooms[ILL])
    assert portal.key.chat == "#room"  # and not, besides, "#Room" as the link spells it
