"""A chat gets one room, whatever dies or lies in between, and nothing readable gives it away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey
from bridgekit.models import PortalState
from bridgekit.room.rooms import MARK
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.homeserver.world import Alias
from bridgekit.testing.loopback import LoopbackClient
from bridgekit.testing.rig import NETWORK, Rig

ALIAS = "#loop_#room:example.org"
BOT = "@bridgebot:example.org"
CREATE = "POST /createRoom"
KEY = PortalKey(NetworkName(NETWORK), ChatID("#room"))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def slow_rig(tmp_path, clock, database) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, clock, database=database) as rig:
        yield rig


@asynccontextmanager
async def passing(clock):
    """Time goes by, a second at a time, whenever somebody waits for it."""

    async def run():
        while True:
            await clock.wait_for_timer(within=600)
            await clock.advance(1)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


def rooms(rig):
    return rig.hs.world.rooms


def private_aliases(rig):
    return [alias for alias in rig.hs.world.aliases if alias.startswith("#_bridgekit")]


async def linked(rig):
    """The room that is public under the chat's alias, once nothing points to it in secret."""
    await rig.hs.wait_for(lambda: ALIAS in rig.hs.world.aliases and not private_aliases(rig))
    return rooms(rig)[rig.hs.world.aliases[ALIAS].room]


def private_alias(rig):
    signer = rig.bridge.parts.matrix.rooms.linking._rooms._signer
    return rig.config.namespaces.private_alias(signer.room_alias(KEY))


async def test_a_linked_chat_gets_one_room_and_no_readable_trace(rig):
    await rig.start()
    room = await linked(rig)
    assert len(rooms(rig)) == 1
    assert room.content("m.room.canonical_alias") == {}
    assert room.content("m.room.join_rules") == {"join_rule": "public"}
    assert room.members() == [BOT]
    await rig.stop()
    await rig.start()
    await linked(rig)
    assert len(rooms(rig)) == 1
    assert rig.hs.requests[CREATE] == 1


async def test_rule_15_a_kill_between_creation_and_binding_is_mended_by_adoption(rig):
    gate = rig.hs.delay("POST", "/createRoom")
    await rig.start()
    await gate.reached.wait()
    await rig.kill()
    gate.release()
    await rig.hs.wait_for(lambda: rooms(rig))
    await rig.start()
    await linked(rig)
    assert len(rooms(rig)) == 1


async def test_rule_15_a_lost_answer_of_the_creation_makes_no_second_room(rig):
    rig.hs.lose_answer("POST", "/createRoom")
    await rig.start()
    await linked(rig)
    assert len(rooms(rig)) == 1


async def test_a_creation_that_was_never_taken_is_repeated(rig):
    rig.hs.drop_request("POST", "/createRoom")
    await rig.start()
    await linked(rig)
    assert len(rooms(rig)) == 1


@pytest.mark.parametrize("bot_inside", [False, True], ids=["unseen", "seen"])
@pytest.mark.parametrize("marked", [False, True], ids=["plain", "with our mark"])
async def test_rule_15_a_room_of_others_under_our_alias_loses_it_and_the_operator_is_told(
    slow_rig, clock, bot_inside, marked
):
    rig = slow_rig
    rig.hs.drop_request("POST", "/createRoom", times=None)
    await rig.start()
    alice = rig.hs.person("alice")
    invited = [BOT] if bot_inside else []
    signer = rig.bridge.parts.matrix.rooms.linking._rooms._signer
    mark = signer.creation_mark(KEY) if marked else "other"
    foreign = await alice.create_room(
        invite=invited, creation_content={MARK: mark}, preset="public_chat"
    )
    await rig.bridge.parts.intents.add_alias(private_alias(rig), foreign)
    if bot_inside:
        await rig.bridge.parts.intents.join(BOT, foreign)
    rig.hs.faults.clear()
    with capture_logs() as logs:
        async with passing(clock):
            room = await linked(rig)
    assert room.id != foreign
    told = [line for line in logs if "taken away" in line["event"]]
    assert [line["room"] for line in told] == [foreign]
    # Only a room that we cannot look into is given time, in case it is one of ours.
    assert ("we are not in" in told[0]["event"]) is not bot_inside


async def test_rule_15_a_room_that_names_another_chat_is_not_adopted(slow_rig, clock):
    rig = slow_rig
    rig.hs.drop_request("POST", "/createRoom", times=None)
    await rig.start()
    await rig.hs.wait_for(lambda: rig.hs.requests[CREATE] > 0)
    rig.hs.faults.clear()
    other = await rig.bridge.parts.intents.create_room(
        {"creation_content": {MARK: "of another portal"}}
    )
    await rig.bridge.parts.intents.add_alias(private_alias(rig), other)
    async with passing(clock):
        room = await linked(rig)
    assert room.id != other


async def test_rule_15_a_room_without_state_is_waited_for_and_then_made_anew(slow_rig, clock):
    rig = slow_rig
    gate = rig.hs.delay("POST", "/createRoom")
    await rig.start()
    await gate.reached.wait()
    world = rig.hs.world
    half = world.add_room("12", frozenset({BOT}))
    world.aliases[private_alias(rig)] = Alias(half.id, BOT)
    gate.release()
    async with passing(clock):
        room = await linked(rig)
    assert clock.monotonic() >= 60
    assert room.id != half.id


async def test_rule_15_a_room_that_is_finished_late_is_adopted_and_completed(slow_rig, clock):
    rig = slow_rig
    gate = rig.hs.delay("POST", "/createRoom")
    await rig.start()
    await gate.reached.wait()
    world = rig.hs.world
    half = world.add_room("12", frozenset({BOT}))
    world.aliases[private_alias(rig)] = Alias(half.id, BOT)
    gate.release()
    await clock.wait_for_timer(within=10)
    signer = rig.bridge.parts.matrix.rooms.linking._rooms._signer
    world.append(
        half, "m.room.create", BOT, {"room_version": "12", MARK: signer.creation_mark(KEY)}, ""
    )
    world.append(half, "m.room.member", BOT, {"membership": "join"}, BOT)
    async with passing(clock):
        room = await linked(rig)
    assert room.id == half.id
    assert len(world.rooms) == 1  # none was made anew
    assert room.content("m.room.join_rules") == {"join_rule": "public"}
    assert room.content("m.room.name") == {"name": "#room"}
    assert room.state["m.room.canonical_alias", ""].content == {}


async def test_rule_15_a_room_in_which_the_bot_has_no_power_is_not_adopted(slow_rig, clock):
    rig = slow_rig
    rig.hs.drop_request("POST", "/createRoom", times=None)
    await rig.start()
    await rig.hs.wait_for(lambda: rig.hs.requests[CREATE] > 0)
    rig.hs.faults.clear()
    signer = rig.bridge.parts.matrix.rooms.linking._rooms._signer
    intents = rig.bridge.parts.intents
    weak = await intents.create_room(
        {
            "room_version": "11",
            "creation_content": {MARK: signer.creation_mark(KEY)},
            "power_level_content_override": {"users": {"@alice:example.org": 100, BOT: 50}},
        }
    )
    await intents.add_alias(private_alias(rig), weak)
    async with passing(clock):
        room = await linked(rig)
    assert room.id != weak


async def test_rule_15_a_private_chat_is_adopted_only_with_the_people_it_is_for(rig):
    await rig.start()
    await linked(rig)
    parts = rig.bridge.parts
    making, signer = parts.matrix.rooms.linking._rooms, parts.matrix.rooms.linking._rooms._signer
    key = PortalKey(NETWORK, ChatID("bob"), LoginID("loop:alice"))
    portal = await parts.portals.ensure(key)
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    content = making._content(portal, ChatInfo(), [alice.user_id], signer.room_alias(key))
    watched = await parts.intents.create_room(
        {**content, "invite": [alice.user_id, mallory.user_id]}
    )
    with pytest.raises(Exception, match="made anew"):
        await making.ensure(portal, ChatInfo(), [alice.user_id])
    bound = await making.ensure(portal, ChatInfo(), [alice.user_id])
    assert bound.room != watched
    assert rooms(rig)[bound.room].members("invite") == [alice.user_id]


async def test_many_who_ask_at_once_get_the_same_room(rig):
    rig.links = ()
    await rig.start()
    parts = rig.bridge.parts
    portal = await parts.portals.want(await parts.portals.ensure(KEY))
    making = parts.matrix.rooms.linking._rooms
    bound = await asyncio.gather(*(making.ensure(portal, ChatInfo(), ()) for _ in range(5)))
    assert len({one.room for one in bound}) == 1
    assert rig.hs.requests[CREATE] == 1
    assert not await making.busy()


async def test_a_name_and_a_topic_from_outside_never_keep_a_room_from_being_made(rig, monkeypatch):
    async def chat_info(_self, _chat):
        return ChatInfo(name="a\r\nb\ud800" + "x" * 70_000, topic="t\0\ud800" * 40_000)

    monkeypatch.setattr(LoopbackClient, "chat_info", chat_info)
    rig.links = ()
    await rig.start()
    room = rooms(rig)[await rig.hs.person("alice").join("#loop_#any:example.org")]
    name = room.content("m.room.name")["name"]
    assert name.startswith("a b")
    assert len(name) <= 255


async def test_a_direct_message_opens_one_room_for_exactly_its_person(rig):
    await rig.start()
    room = await linked(rig)
    alice = rig.hs.person("alice")
    await alice.join(room.id)
    await alice.say(room.id, "hello")  # now alice has a login
    await rig.network.wait(lambda: rig.network.texts() == ["hello"])
    login = rig.network.heard[0].login
    await asyncio.gather(
        rig.network.say("bob", "bob", "psst", id="d1", to=login),
        rig.network.say("bob", "bob", "are you there?", id="d2", to=login),
    )
    await rig.hs.wait_for(lambda: len(rooms(rig)) == 2)
    private = next(one for one in rooms(rig).values() if one.id != room.id)
    assert private.content("m.room.join_rules") == {"join_rule": "invite"}
    await alice.join(private.id)
    for text in ("psst", "are you there?"):
        await alice.wait_for(private.id, lambda e, text=text: e["content"].get("body") == text)
    assert sorted(await alice.bodies(private.id)) == ["are you there?", "psst"]
    people = {*private.members("invite"), *private.members()}
    assert people == {BOT, alice.user_id, "@loop_bob:example.org"}
    await rig.hs.wait_for(lambda: not private_aliases(rig))
    assert not [alias for alias in rig.hs.world.aliases if "bob" in alias]
    assert isinstance(rig.clock, SystemClock)


async def test_an_alias_that_cannot_be_taken_away_now_holds_up_nothing(rig):
    rig.hs.fail("DELETE", "/directory/room/", status=502)
    await rig.start()
    await rig.hs.wait_for(lambda: ALIAS in rig.hs.world.aliases)
    (portal,) = await rig.bridge.parts.portals.in_room(rig.hs.world.aliases[ALIAS].room)
    assert portal.state is PortalState.BOUND
