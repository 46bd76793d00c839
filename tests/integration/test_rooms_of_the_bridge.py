"""A whole bridge on a real Synapse: rooms of every version, upgrades, directory, look-ups."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridgekit.configuration.settings import RoomsSettings
from bridgekit.events import Edit, Message, Reaction, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.room.bridge_info import FUNCTIONAL, KINDS
from bridgekit.room.features import KIND as FEATURES
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, SynapseRig, on_synapse

pytestmark = pytest.mark.synapse

BOB = f"@loop_bob:{DOMAIN}"
ALIAS = f"#loop_#room:{DOMAIN}"
KEY = f"{DOMAIN}/bridgekit/loop/%23room"


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[SynapseRig]:
    with or_skip(on_synapse(tmp_path, database)) as rig:
        async with rig:
            yield rig


@pytest.fixture
async def alice(rig) -> AsyncIterator[Person]:
    async with people(rig.hs) as crowd:
        yield await crowd.person("alice")


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    async with asyncio.timeout(240):
        yield


async def both_ways(rig, alice, room, mark):
    await alice.say(room, f"{mark} from matrix")
    await rig.network.wait(lambda: f"{mark} from matrix" in rig.network.texts("#room"))
    await rig.network.say("#room", "bob", f"{mark} from the network", id=mark)
    await alice.wait_for(room, said(f"{mark} from the network"))


def said(body):
    return lambda event: event["content"].get("body") == body


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_a_room_of_each_version_is_made_described_and_bridged(rig, alice, version):
    rig.settings["rooms"] = RoomsSettings(version=version)
    await rig.start()
    room = await alice.join(ALIAS)
    await both_ways(rig, alice, room, "first")
    create = await alice.state(room, "m.room.create")
    assert create["room_version"] == version
    for kind in KINDS:
        assert (await alice.state(room, kind, KEY))["bridgebot"] == BOT
    assert await alice.state(room, FUNCTIONAL) == {"service_members": [BOT]}
    await alice.wait_for(room, lambda event: event["type"] == FEATURES)


@pytest.mark.parametrize("old", ["10", "11", "12"])
async def test_an_upgraded_room_is_followed_to_the_newest_version(rig, alice, old):
    rig.links = ()
    room = await alice.create_room(preset="public_chat", room_version=old)
    rig.link("#room", room)
    await rig.start()
    await rig.tied(room)
    await both_ways(rig, alice, room, "before")
    answer = await alice.request("POST", f"/rooms/{room}/upgrade", {"new_version": "12"})
    new = answer["replacement_room"]
    await rig.tied(new)
    await both_ways(rig, alice, new, "after")
    assert BOB in await alice.members(new)
    await alice.wait_for(
        room,
        lambda event: (
            (event.get("state_key"), event["content"].get("membership")) == (BOB, "leave")
        ),
    )
    # Again, while nobody is there to see it.
    await rig.kill()
    answer = await alice.request("POST", f"/rooms/{new}/upgrade", {"new_version": "12"})
    newest = answer["replacement_room"]
    await rig.start()
    await rig.tied(newest)
    await both_ways(rig, alice, newest, "at last")


async def test_an_upgrade_mutes_nobody_and_what_was_said_before_is_still_its_chats(rig, alice):
    rig.links = ()
    levels = {"users": {alice.user_id: 100, BOT: 100}}
    room = await alice.create_room(
        preset="public_chat", room_version="11", power_level_content_override=levels
    )
    rig.link("#room", room)
    await rig.start()
    await rig.tied(room)
    await both_ways(rig, alice, room, "before")
    for message in ("m7", "m8", "m9"):
        await rig.network.say("#room", "bob", f"said as {message}", id=message)
        await alice.wait_for(room, said(f"said as {message}"))
    answer = await alice.request("POST", f"/rooms/{room}/upgrade", {"new_version": "11"})
    new = answer["replacement_room"]
    await rig.tied(new)
    bob = rig.network.person("bob")
    await bob.delete("#room", "m7")
    for key, content in (
        ("edit", Edit(MessageID("m8"), Message(from_plain("changed")), "2")),
        ("answer", Message(from_plain("in its thread"), thread=MessageID("m9"))),
        ("reaction", Reaction(MessageID("m9"), "👍")),
    ):
        event = RemoteEvent(Chat(ChatID("#room")), RemoteUserID("bob"), content, key=key)
        await rig.network.deliver(event)
    await both_ways(rig, alice, new, "after")
    assert {"* changed", "in its thread"} <= set(await alice.bodies(new))
    assert "said as m7" not in await alice.bodies(room)
    async with people(rig.hs) as crowd:
        carol = await crowd.person("carol")
        await carol.join(new)
        await carol.say(new, "so may I")
    await rig.network.wait(lambda: "so may I" in rig.network.texts("#room"))
    assert rig.network.chat("#room").info.may_speak is None


async def test_public_rooms_a_space_and_look_ups(rig, alice):
    rig.network_settings |= {"directory": "public", "space": True}
    await rig.start()
    room = await alice.join(ALIAS)
    protocol = await alice.request("GET", "/thirdparty/protocol/loopback")
    assert [one["instance_id"] for one in protocol["instances"]] == ["bridgekit|loop"]
    child = await alice.wait_for(room, lambda event: event["type"] == "m.space.parent")
    await alice.join(child["state_key"])
    assert (await alice.state(child["state_key"], "m.space.child", room))["via"] == [DOMAIN]
    # The Synapse of these tests keeps no statistics, of which its directory is made: what it took
    # without refusing is all that can be seen.
    parts = rig.bridge.parts
    (portal,) = await parts.portals.in_room(room)
    while not await parts.matrix.rooms.upkeep._state.known(portal, "listed"):
        await settle()
    found = await alice.request("GET", "/thirdparty/location/loopback", None, {"channel": "#room"})
    assert [one["alias"] for one in found] == [ALIAS]
    # Synapse 1.163 passes no reverse look-ups on: it asks by protocol only.
    found = await alice.request("GET", "/thirdparty/user/loopback", None, {"user": "bob"})
    assert [one["userid"] for one in found] == [BOB]
