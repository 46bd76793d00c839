"""A network is taken down: rooms are left, addresses and ghosts go; given again, it goes on."""

from __future__ import annotations

import pytest

from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.command import Preview
from bridgekit.commands.place import Place
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.store.people import People, save_login
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
OPERATOR = Caller(UserID("@op:example.org"), Via.OPERATOR)
BOT = "@bridgebot:example.org"


async def give(rig: Rig, *words: str):
    async def progress(_: str) -> None: ...

    giving = rig.bridge.parts.commands.giving
    return await giving.typed(OPERATOR, words, Place(None, alone=True), progress)


async def retire(rig: Rig) -> str:
    shown = await give(rig, "retire", "loop")
    assert isinstance(shown, Preview)
    return (await give(rig, "retire", "loop", f"--confirm={shown.confirm}")).text


@pytest.fixture
async def lived(rig: Rig) -> tuple[Rig, str]:
    """A bridge on which three people of a network have said something."""
    await rig.start()
    room = await rig.hs.person("alice").join(ALIAS)
    for name in ("bob", "carol", "dave"):
        await rig.network.say("#room", name, f"I am {name}")
        said = f"I am {name}"
        await rig.hs.person("alice").wait_for(
            room, lambda event, said=said: event["content"].get("body") == said
        )
    return rig, room


async def test_nothing_is_done_before_it_is_confirmed(lived) -> None:
    rig, room = lived
    shown = await give(rig, "retire", "loop")
    assert "Rooms that are left: 1." in shown.text
    assert "Ghosts that are deactivated: 3." in shown.text
    assert BOT in await rig.hs.person("alice").members(room)
    assert not rig.hs.world.deactivated


async def test_rooms_are_left_addresses_go_and_ghosts_end(lived) -> None:
    rig, room = lived
    text = await retire(rig)
    assert "loop: 1 rooms were left." in text
    assert "Take it out of the configuration" in text
    assert await rig.hs.person("alice").members(room) == {"@alice:example.org"}
    assert rig.hs.world.deactivated == {
        f"@loop_{name}:example.org" for name in ("bob", "carol", "dave")
    }
    assert ALIAS not in rig.hs.world.aliases
    assert rig.bridge.parts.brake.shown() == "loop"


async def test_what_was_broken_off_goes_on_when_it_is_given_again(lived) -> None:
    rig, room = lived
    rig.hs.fail("POST", "account/deactivate", times=1, status=500)
    with pytest.raises(Exception, match="homeserver"):
        await retire(rig)
    await retire(rig)
    assert len(rig.hs.world.deactivated) == 3
    assert await rig.hs.person("alice").members(room) == {"@alice:example.org"}


async def test_people_are_signed_out_and_told_so(lived) -> None:
    rig, _ = lived
    row = LoginRow(
        *(LoginID("loop:alice"), NetworkName("loop"), UserID("@alice:example.org")),
        me=RemoteUserID("al"),
        kind=LoginKind.SIGNED_IN,
    )
    await rig.bridge.parts.store.writer.write(save_login(row))
    assert "signed out, and told so: 1." in (await give(rig, "retire", "loop")).text
    await retire(rig)
    kept = await People(rig.bridge.parts.store.reader).login(row.id)
    assert kept is None or kept.kind is LoginKind.LEAVING
    rooms = rig.hs.world.rooms.values()
    await rig.hs.wait_for(
        lambda: [
            event
            for room in rooms
            for event in room.events
            if str(event.content.get("body", "")).startswith("Signed out of loop")
        ],
        "a word to alice",
    )


async def test_a_homeserver_that_deactivates_nobody_is_said(lived) -> None:
    rig, _ = lived
    rig.hs.fail("POST", "account/deactivate", times=None, status=403, errcode="M_FORBIDDEN")
    assert "3 ghosts could not be deactivated" in await retire(rig)


async def test_the_space_of_the_network_goes(tmp_path, database) -> None:
    async with Rig(tmp_path, database=database) as rig:
        rig.network_settings["space"] = True
        await rig.start()
        await rig.hs.person("alice").join(ALIAS)
        world = rig.hs.world

        def spaces() -> list:
            return [one for one in world.rooms.values() if ("m.space.child", room) in one.state]

        room = world.aliases[ALIAS].room
        await rig.hs.wait_for(lambda: spaces() or None)
        (space,) = spaces()
        led = {name for name, alias in world.aliases.items() if alias.room == space.id}
        assert led
        await retire(rig)
        assert not led & set(world.aliases)
        member = space.state["m.room.member", BOT]
        assert member.content["membership"] == "leave"


async def test_a_network_that_there_is_not_is_said(rig) -> None:
    await rig.start()
    with pytest.raises(Exception, match="There is no such network"):
        await give(rig, "retire", "elsewhere")
