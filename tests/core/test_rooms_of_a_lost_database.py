"""A bridge whose database is lost: chats go on in the rooms that they had, where that is safe."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration.settings import RoomsSettings
from bridgekit.ids import RoomID
from bridgekit.room.bridge_info import KINDS
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
CHILD = "m.space.child"
LINKED = "link without a room"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as rig:
        yield rig


async def lost(rig: Rig, tmp_path: Path) -> None:
    """The bridge is started with an empty database."""
    rig.database = f"sqlite:///{tmp_path / 'another.db'}"
    await rig.start()


async def test_a_chat_goes_on_in_the_room_that_its_address_leads_to(
    rig: Rig, tmp_path: Path
) -> None:
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.kill()
    with capture_logs() as logs:
        await lost(rig, tmp_path)
        await rig.tied(room)
    await alice.say(room, "still here")
    await rig.network.wait(lambda: "still here" in rig.network.texts())
    await rig.network.person("bob").say("#room", "so am I", id="m1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "so am I")
    assert said(logs) == []


@pytest.mark.parametrize("when", ["while it is shown", "once it is shown"])
async def test_the_room_that_was_made_for_nothing_is_shown_nowhere(
    rig: Rig, tmp_path: Path, when: str
) -> None:
    rig.network_settings.update(space=True, directory="public")
    await rig.start()
    room = await rig.hs.person("alice").join(ALIAS)
    await rig.hs.wait_for(lambda: shown(rig) == ({room}, {room}), "the room is shown")
    await rig.kill()
    if when == "once it is shown":
        rig.hs.fail("PUT", "/directory/room/", times=None)
        await lost(rig, tmp_path)
        await rig.hs.wait_for(lambda: [*map(len, shown(rig))] == [2, 2], "two are shown")
        await rig.kill()
        rig.hs.faults.clear()
        await rig.start()
    else:
        await lost(rig, tmp_path)
    await rig.tied(room)
    await rig.hs.wait_for(lambda: closed(rig), "the other one")
    await rig.hs.wait_for(lambda: shown(rig) == ({room}, {room}), "only it is shown")


def shown(rig: Rig) -> tuple[set[str], set[str]]:
    """What is in spaces, and what is in the directory."""
    world = rig.hs.world
    states = [one for room in world.rooms.values() for one in room.state.items()]
    children = {key for (kind, key), event in states if kind == CHILD and event.content}
    return children, {room for _, room in world.listed}


def closed(rig: Rig) -> list[str]:
    return [one.id for one in rig.hs.world.rooms.values() if one.content("m.room.tombstone")]


@pytest.mark.parametrize("what", ["says nothing", "is in another's power", "is closed", "is left"])
async def test_one_that_is_not_surely_its_room_is_left_and_the_operator_hears_the_truth(
    rig: Rig, tmp_path: Path, what: str
) -> None:
    rig.settings["rooms"] = RoomsSettings(version="11")  # in later ones the bot has it for ever
    await rig.start()
    room = await rig.hs.person("alice").join(ALIAS)
    await rig.kill()
    bot = rig.hs.person("bridgebot")
    if what == "says nothing":
        for one in list(rig.hs.world.rooms[room].state):
            if one[0] in KINDS:
                await bot.set_state(room, one[0], {}, one[1])
    elif what == "is in another's power":
        levels = await bot.state(room, "m.room.power_levels")
        users = {"@alice:example.org": 100}
        await bot.set_state(room, "m.room.power_levels", {**levels, "users": users})
    elif what == "is closed":
        await bot.set_state(room, "m.room.tombstone", {"body": "closed", "replacement_room": ""})
    else:
        await bot.leave(room)
    with capture_logs() as logs:
        await lost(rig, tmp_path)
        await rig.hs.wait_for(lambda: said(logs) or None, "the log")
    assert said(logs)[0]["why"] == f"{ALIAS} is the address of another room"
    assert said(logs)[0]["fix"].startswith("take the address from the room that has it")
    assert rig.bridge.parts is not None
    assert await rig.bridge.parts.portals.in_room(RoomID(room)) == ()


async def test_one_to_which_people_have_come_since_is_not_taken_from_them(
    rig: Rig, tmp_path: Path
) -> None:
    await rig.start()
    await rig.hs.person("alice").join(ALIAS)
    await rig.kill()
    carol = rig.hs.person("carol")
    failed = rig.hs.fail("PUT", "/directory/room/", times=None)
    await lost(rig, tmp_path)
    await rig.hs.wait_for(lambda: failed.struck or None, "the address")
    assert rig.bridge.parts is not None
    portals = rig.bridge.parts.portals
    (made,) = [one for one in rig.hs.world.rooms if await portals.in_room(RoomID(one))]
    await carol.join(made)
    await rig.kill()
    rig.hs.faults.clear()
    with capture_logs() as logs:
        await rig.start()
        await rig.hs.wait_for(lambda: said(logs) or None, "the log")
    assert await rig.bridge.parts.portals.in_room(RoomID(made))


def said(logs: Sequence[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    return [one for one in logs if one["event"] == LINKED]
