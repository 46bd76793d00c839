"""Channels get rooms: by name, by an alias, all of a workspace, and private ones once invited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs
from yarl import URL

from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.configuration.settings import ChatLink
from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.provisioning.api import PATH
from bridgekit.provisioning.tokens import operator_token
from bridgekit.testing.homeserver import MatrixError
from bridgekit.testing.servers import free_port
from bridges.slack.fake.network import TEAM
from tests.adapters.slack.whole import BOT, Whole, start, whole

ALICE = "@alice:example.org"


@pytest.fixture
async def place(tmp_path: Path, database: str) -> AsyncIterator[Whole]:
    """Beside the channel in which the app is: an open one, one that is not wanted, a secret."""
    async with whole(tmp_path, database) as place:
        place.channel("C0GARDEN", "garden").members.append(place.person().id)
        place.channel("C0RANDOM", "random")
        place.channel("C0SECRET", "secret", "group").members.append(place.person().id)
        yield place


async def crosses(place: Whole, room: str, channel: str) -> None:
    """Messages go both ways."""
    number = len(place.posts())
    place.person().says(channel, f"hello from {channel} {number}")
    await place.seen(room, f"hello from {channel} {number}")
    await place.alice.say(room, f"hello to {channel} {number}")
    word = ("xoxb-fake", channel, f"hello to {channel} {number}")
    await place.until(lambda: word in place.posts(), "it is heard")


async def knows(place: Whole, alias: str) -> bool:
    """What the homeserver is told when it asks for an alias."""
    service = next(iter(place.rig.hs.world.appservices.values()))
    return bool(await place.rig.hs._outbound.knows_alias(service, alias))


async def test_an_alias_is_the_name_of_a_channel_that_everybody_may_see(place: Whole) -> None:
    await start(place)
    assert await knows(place, "#slack_garden:example.org")
    await crosses(place, await place.alice.join("#slack_garden:example.org"), "C0GARDEN")
    by_id = f"#slack_{TEAM}=2FC0GARDEN:example.org"
    if await knows(place, by_id):  # the same room by another name
        assert await place.alice.join(by_id) == await place.alice.join("#slack_garden:example.org")
    bot = place.slack.state.bot_of(TEAM)
    assert bot is not None
    place.slack.state.workspace(TEAM).channels["C0SECRET"].members.append(bot.user)
    assert not await knows(place, "#slack_secret:example.org")
    assert not await knows(place, "#slack_nothing:example.org")


async def test_that_there_is_a_private_channel_nobody_learns_who_is_not_in_it(place: Whole) -> None:
    await start(place)
    bot = place.slack.state.bot_of(TEAM)
    assert bot is not None
    mallory = place.rig.hs.person("mallory")
    alone = await mallory.create_room(invite=[BOT], direct=True)
    await place.until(lambda: place.room(alone).membership(BOT) == "join", "the bot comes")
    shared = await mallory.create_room(invite=[BOT], preset="public_chat")
    await place.until(lambda: place.room(shared).membership(BOT) == "join", "the bot comes")

    async def answer(room: str, begin: str, name: str) -> str:
        before = len(place.words(room))
        await mallory.say(room, f"{begin} slack {name}")

        def ended() -> list[str]:
            return [one for one in place.words(room)[before:] if not one.startswith("I look")]

        (said,) = await place.until(ended, f"what becomes of {name}")
        return str(said).replace(name, "NAME")

    place.slack.state.workspace(TEAM).channels["C0SECRET"].members.append(bot.user)
    known, unknown = ("secret", f"{TEAM}/C0SECRET"), ("nothing", f"{TEAM}/C0NOTHING")
    asked = ((alone, "open"), (shared, "!bridge link"))
    said = {await answer(*how, name) for how in asked for name in (*known, *unknown)}
    assert len(said) == len(asked)
    assert all("NAME" in one for one in said)
    assert await answer(alone, "open", "garden")  # one for everybody is opened
    assert place.room(await place.alice.join("#slack_garden:example.org"))


async def test_a_room_is_linked_by_the_name_of_a_channel(place: Whole) -> None:
    await start(place)
    room = await place.alice.create_room(invite=[BOT], preset="public_chat")
    await place.until(lambda: place.room(room).membership(BOT) == "join", "the bot comes")
    shown = await place.tell(room, "!bridge link slack #garden", lambda said: "bridged" in said)
    assert f"{TEAM}/C0GARDEN of slack is bridged with this room" in shown
    await place.tell(room, "!bridge confirm", lambda said: "bridged with this room" in said)
    await crosses(place, room, "C0GARDEN")
    wrong = await place.tell(room, "!bridge link slack nothing", lambda _: True)
    assert "bridged" not in wrong or "confirm" in wrong
    said = await place.tell(room, "!bridge confirm", lambda _: True)
    assert "TEAM/CHANNEL" in said


async def test_a_program_links_a_room_by_the_name_of_a_channel(place: Whole) -> None:
    await start(place)
    room = await place.alice.create_room(invite=[BOT], preset="public_chat")
    await place.until(lambda: place.room(room).membership(BOT) == "join", "the bot comes")
    where = place.rig.config.appservice
    url = URL(f"{where.url}{PATH}/rooms") / room / "links"
    headers = {"Authorization": f"Bearer {operator_token(where.signing_key)}"}
    asked = {"network": "slack", "chat": "garden"}
    async with ClientSession(headers=headers) as program:
        async with program.post(url, json=asked) as answer:
            confirm = (await answer.json())["confirm"]
        async with program.post(url, json=asked | {"confirm": confirm}) as answer:
            assert answer.status == 200
    await crosses(place, room, "C0GARDEN")


async def test_all_channels_of_a_workspace_get_rooms_but_those_that_are_denied(
    place: Whole,
) -> None:
    await start(place, sync=SyncSettings(allow=("*",), deny=("random", "team-*")))
    garden = await place.aliased("#slack_garden:example.org")
    await crosses(place, garden, "C0GARDEN")
    await crosses(place, await place.aliased("#slack_room:example.org"), "C0ROOM")
    made = place.person().does("conversations.create", name="tulips")["channel"]["id"]
    place.person().does("conversations.create", name="team-red")
    await crosses(place, await place.aliased("#slack_tulips:example.org"), made)
    await place.rig.stop()
    await start(place, sync=SyncSettings(allow=("*",), deny=("random", "team-*")))
    await crosses(place, garden, "C0GARDEN")
    world = place.rig.hs.world
    names = {alias for alias in world.aliases if alias.startswith("#slack_")}
    assert names == {f"#slack_{name}:example.org" for name in ("room", "garden", "tulips")}
    assert place.room(garden).content("m.room.name")["name"] == "garden"
    bot = place.slack.state.bot_of(TEAM)
    assert bot is not None
    assert bot.user not in place.slack.state.workspace(TEAM).channels["C0RANDOM"].members


async def test_a_private_channel_that_is_synced_is_for_whom_the_operator_names(
    place: Whole,
) -> None:
    sync = SyncSettings(allow=("secret",))
    await start(place, sync=sync, inbox=InboxSettings(invite=(ALICE,)))
    bot = place.slack.state.bot_of(TEAM)
    assert bot is not None
    place.person().does("conversations.invite", channel="C0SECRET", users=bot.user)
    room = await place.until(lambda: to_be_entered(place), "Alice is invited")
    assert place.room(room).content("m.room.join_rules")["join_rule"] == "invite"
    await place.alice.join(room)
    await crosses(place, room, "C0SECRET")
    assert not [alias for alias in place.rig.hs.world.aliases if alias.startswith("#slack_")]


async def test_the_room_of_a_channel_that_becomes_private_is_closed_until_it_is_public_again(
    place: Whole,
) -> None:
    await start(place, links=(ChatLink(chat=f"{TEAM}/C0GARDEN"),))
    alias = f"#slack_{TEAM}/C0GARDEN:example.org"
    room, mallory = await place.aliased(alias), place.rig.hs.person("mallory")
    await crosses(place, room, "C0GARDEN")

    by_name = "#slack_garden:example.org"
    assert await place.alice.join(by_name) == room

    async def becomes(what: str, rule: str) -> None:
        place.person().converts("C0GARDEN", to=what)
        await place.until(
            lambda: place.room(room).content("m.room.join_rules")["join_rule"] == rule,
            f"who comes in: {rule}",
        )

    await becomes("private", "invite")
    world = place.rig.hs.world
    await place.until(lambda: not world.aliases_of(room), "its names lead nowhere")
    for name in (alias, by_name):
        with pytest.raises(MatrixError, match="not found"):
            await mallory.join(name)
    with pytest.raises(MatrixError, match="not invited"):
        await mallory.join(room)
    await crosses(place, room, "C0GARDEN")  # for who is there already
    await becomes("public", "public")
    assert await mallory.join(by_name) == room
    assert await mallory.join(alias) == room


async def test_the_room_of_a_channel_that_became_private_while_the_bridge_was_away_is_closed(
    place: Whole,
) -> None:
    links = (ChatLink(chat=f"{TEAM}/C0GARDEN"),)
    await start(place, links=links)
    room = await place.aliased(f"#slack_{TEAM}/C0GARDEN:example.org")
    await crosses(place, room, "C0GARDEN")
    await place.rig.stop()
    place.slack.state.workspace(TEAM).channels["C0GARDEN"].kind = "group"
    await start(place, links=links)
    await place.until(
        lambda: place.room(room).content("m.room.join_rules")["join_rule"] == "invite",
        "it is closed",
    )
    await place.until(lambda: not place.rig.hs.world.aliases_of(room), "its names lead nowhere")
    await crosses(place, room, "C0GARDEN")


@pytest.mark.parametrize("invited", [True, False], ids=["invited", "invited later"])
async def test_the_room_that_is_made_for_a_private_channel_is_for_whom_the_operator_names(
    place: Whole, *, invited: bool
) -> None:
    bot = place.slack.state.bot_of(TEAM)
    assert bot is not None
    secret = place.slack.state.workspace(TEAM).channels["C0SECRET"]
    if invited:
        secret.members.append(bot.user)
    links = (ChatLink(chat=f"{TEAM}/C0SECRET"), ChatLink(chat=f"{TEAM}/C0GARDEN"))
    await start(place, links=links, inbox=InboxSettings(invite=(ALICE,)))
    await place.aliased(f"#slack_{TEAM}/C0GARDEN:example.org")
    if not invited:
        place.person().does("conversations.invite", channel="C0SECRET", users=bot.user)
        place.person().says("C0SECRET", "who is there?")
    room = await place.until(lambda: to_be_entered(place), "Alice is invited")
    assert place.room(room).content("m.room.join_rules")["join_rule"] == "invite"
    await place.alice.join(room)
    await crosses(place, room, "C0SECRET")
    await place.rig.stop()
    await start(place, links=links, inbox=InboxSettings(invite=(ALICE,)))
    await crosses(place, room, "C0SECRET")
    assert not [name for name in place.rig.hs.world.aliases if "secret" in name.lower()]


async def test_the_log_says_what_to_do_for_a_private_channel_that_the_app_is_not_in(
    place: Whole,
) -> None:
    async def said() -> str:
        while True:
            for one in logs:
                if one["event"] == "link without a room":
                    return f"{one['why']} {one['fix']}"
            await asyncio.sleep(0)

    with capture_logs() as logs:
        await start(place, links=(ChatLink(chat=f"{TEAM}/C0SECRET"),))
        line = await asyncio.wait_for(said(), 60)
    assert "must invite the app, with /invite and its name" in line
    assert line.endswith("let the bridge into the chat on slack, or check how it is called")


async def test_what_crosses_is_counted_for_who_watches(place: Whole) -> None:
    port = free_port()
    place.rig.settings["operations"] = OperationSettings(listen=f"127.0.0.1:{port}")
    await start(place, links=(ChatLink(chat=f"{TEAM}/C0GARDEN"),))
    room = await place.aliased(f"#slack_{TEAM}/C0GARDEN:example.org")
    await crosses(place, room, "C0GARDEN")
    ways = {f'direction="{way}",network="slack"' for way in ("to_matrix", "to_network")}

    async def counted() -> None:
        async with ClientSession() as http:
            while True:
                async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    lines = (await answer.text()).splitlines()
                told = [one for one in lines if one.startswith("bridgekit_events_total")]
                delivered = [one for one in told if 'outcome="delivered"' in one]
                if all(any(way in one for one in delivered) for way in ways):
                    return
                await asyncio.sleep(0)

    await asyncio.wait_for(counted(), 60)


def to_be_entered(place: Whole) -> str | None:
    """A room that Alice is invited to."""
    rooms = place.rig.hs.world.rooms
    return next((name for name in rooms if rooms[name].membership(ALICE) == "invite"), None)


async def test_a_private_channel_that_is_linked_waits_for_the_app_to_be_invited(
    place: Whole,
) -> None:
    room = await place.alice.create_room(
        preset="public_chat", power_level_content_override={"users_default": 100}
    )
    await start(place, links=(ChatLink(chat=f"{TEAM}/C0SECRET", room=room),))
    await place.rig.tied(room)
    await place.alice.say(room, "is anybody there?")
    await place.until(lambda: place.words(room), "Alice is told")
    assert "must invite it" in " ".join(place.words(room))
    bot = place.slack.state.bot_of(TEAM)
    assert bot is not None
    place.person().does("conversations.invite", channel="C0SECRET", users=bot.user)
    await crosses(place, room, "C0SECRET")
