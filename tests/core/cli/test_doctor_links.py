"""`bridgekit doctor` and the configured links: which are not linked, lost, or linked elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, flat, registration, replace
from tests.core.cli.seen import found

BOT = "@bridgebot:example.org"
Links = list[str]


@pytest.fixture
def linking(connected: Path, homeserver: FakeHomeserver) -> Links:
    """Configured links, which the test may add to before the doctor runs."""
    homeserver.load_registration(registration(connected))
    homeserver.world.add_account(BOT)
    return []


async def examined(
    doctor: Doctor, connected: Path, fill: Fill, links: Links, rooms: dict[str, str]
) -> str:
    """What the doctor says once these chats are bound to rooms."""
    listed = ", ".join(f"{{{link}}}" for link in links)
    replace(connected, "host: high", f"host: high\n    links: [{listed}]")

    async def bound(rows: Rows) -> None:
        for chat, room in rooms.items():
            await rows.bind(await rows.portal(chat), room)

    await asyncio.to_thread(fill, bound)
    return flat((await doctor()).stdout)


async def test_a_chat_that_is_linked_as_configured_is_well(
    doctor: Doctor, connected: Path, fill: Fill, linking: Links, homeserver: FakeHomeserver
) -> None:
    room = await homeserver.person("alice").create_room(room_alias_name="ops")
    linking += ['chat: "#a"', 'chat: "#b", room: "#ops:example.org"']
    await _joins(homeserver, room)
    text = await examined(doctor, connected, fill, linking, {"#a": room, "#b": room})
    assert "2 of 2 chats linked as configured." in text


async def test_a_chat_without_a_room_is_said_with_what_to_do(
    doctor: Doctor, connected: Path, fill: Fill, linking: Links
) -> None:
    linking += ['chat: "#a"', 'chat: "#b", room: "!b:example.org"']
    text = await examined(doctor, connected, fill, linking, {})
    assert set(await found(doctor)) == {"link-without-room"}
    assert "! tower #a is not linked to a room yet. Start the bridge; if it runs, its log" in text
    assert f"! tower #b is not linked to a room yet. Start the bridge, and invite {BOT}" in text


async def test_a_room_that_the_bot_is_not_in_any_more_is_said(
    doctor: Doctor, connected: Path, fill: Fill, linking: Links
) -> None:
    linking += ['chat: "#a"']
    text = await examined(doctor, connected, fill, linking, {"#a": "!gone:example.org"})
    assert "tower #a is linked to !gone:example.org, which the bridge is no longer in." in text
    one = (await found(doctor))["link-left"]
    assert one["fix"].startswith(f"Invite {BOT} there")


@pytest.mark.parametrize("named", ["alias", "id"])
async def test_a_chat_that_is_linked_to_another_room_is_said(
    doctor: Doctor,
    connected: Path,
    fill: Fill,
    linking: Links,
    homeserver: FakeHomeserver,
    named: str,
) -> None:
    alice = homeserver.person("alice")
    wanted = await alice.create_room(room_alias_name="ops")
    other = await alice.create_room()
    await _joins(homeserver, other)
    name = "#ops:example.org" if named == "alias" else wanted
    linking += [f'chat: "#a", room: "{name}"']
    text = await examined(doctor, connected, fill, linking, {"#a": other})
    assert f"tower #a is linked to {other}, not to {name} as the configuration says." in text
    assert (await found(doctor))["link-elsewhere"]["fix"].startswith(f"Write room: {other}")


async def test_what_nobody_answers_is_not_guessed(
    doctor: Doctor, connected: Path, fill: Fill, linking: Links, homeserver: FakeHomeserver
) -> None:
    await homeserver.stop()
    linking += ['chat: "#a"']
    text = await examined(doctor, connected, fill, linking, {"#a": "!gone:example.org"})
    assert "no longer in" not in text
    await homeserver.start()


@pytest.mark.parametrize("shared", ["", ", shared: true"])
async def test_two_chats_of_one_room_have_to_be_meant(
    doctor: Doctor, connected: Path, fill: Fill, linking: Links, shared: str
) -> None:
    room = 'room: "!r:example.org"'
    linking += [f'chat: "#a", {room}{shared}', f'chat: "#b", {room}{shared}']
    text = await examined(doctor, connected, fill, linking, {})
    said = "tower #a, tower #b: linked to the same room, !r:example.org."
    assert (said in text) is not bool(shared)
    one = (await found(doctor)).get("link-shared")
    assert shared or "Write `shared: true`" in one["fix"]


async def _joins(homeserver: FakeHomeserver, room: str) -> None:
    creator = next(iter(homeserver.world.rooms[room].members()))
    await homeserver.person(creator[1:].partition(":")[0]).invite(room, BOT)
    bot = homeserver.person("bridgebot")
    await bot.join(room)
