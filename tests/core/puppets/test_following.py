"""What her account follows without a word: private chats, and what she has read elsewhere."""

from __future__ import annotations

from bridgekit.events import ChatChange, Receipt, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Member
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.models import Direction
from bridgekit.reasons import Reason

ALICE, GHOST, BOB = "@alice:example.org", "@loop_alice:example.org", "@loop_bob:example.org"


async def test_her_private_chats_are_entered_and_marked_as_direct(allowed):
    login = "loop:own-alice"
    await allowed.network.say("bob", "bob", "psst", id="m1", to=login)
    room = await _private_room(allowed)
    await allowed.until(lambda: not allowed.parts.matrix.puppets.following.busy)
    assert ALICE in await allowed.alice.members(room)
    direct = allowed.rig.hs._world.account_data[ALICE, "m.direct"]
    assert direct == {BOB: [room]}


async def test_the_direct_chats_that_she_has_already_stay(allowed):
    before = {"@carol:example.org": ["!carols"], BOB: ["!older"]}
    allowed.rig.hs._world.account_data[ALICE, "m.direct"] = before
    await allowed.network.say("bob", "bob", "psst", id="m1", to="loop:own-alice")
    room = await _private_room(allowed)
    await allowed.until(lambda: not allowed.parts.matrix.puppets.following.busy)
    direct = allowed.rig.hs._world.account_data[ALICE, "m.direct"]
    assert direct == {"@carol:example.org": ["!carols"], BOB: ["!older", room]}


async def test_what_she_writes_in_a_private_chat_from_elsewhere_is_hers(allowed):
    login = "loop:own-alice"
    await allowed.network.say("bob", "alice", "psst", id="m1", to=login)
    room = await _private_room(allowed)
    event = await allowed.alice.wait_for(room, lambda one: one["content"].get("body") == "psst")
    assert event["sender"] == ALICE


async def test_a_private_chat_that_she_left_is_hers_again_when_she_writes_there(allowed):
    login = "loop:own-alice"
    await allowed.network.say("bob", "bob", "psst", id="m1", to=login)
    room = await _private_room(allowed)
    await allowed.until(lambda: not allowed.parts.matrix.puppets.following.busy)
    await allowed.alice.leave(room)
    await allowed.network.say("bob", "alice", "what", id="m2", to=login)
    await allowed.rig.hs.wait_for(lambda: _joined(allowed, room))
    event = await allowed.alice.wait_for(room, lambda one: one["content"].get("body") == "what")
    assert event["sender"] == ALICE


async def test_nobody_elses_private_chat_shows_her(allowed):
    allowed.rig.hs.person("dora")
    await allowed.sign_in("dora")
    await allowed.network.say("alice", "alice", "hello dora", id="m1", to="loop:own-dora")
    dora = allowed.rig.hs.person("dora")
    room = await _private_room(allowed, dora.user_id)
    event = await dora.wait_for(room, lambda one: one["content"].get("body") == "hello dora")
    assert event["sender"] == GHOST
    assert ALICE not in await dora.members(room)


async def test_what_she_has_read_elsewhere_is_read_and_not_told_back(allowed):
    await allowed.says("one", nick="bob", id="m1")
    event = await allowed.sees("one")
    await allowed.network.emit("#room", "alice", Receipt(MessageID("m1")))
    await allowed.rig.hs.wait_for(lambda: _read(allowed, "m.fully_read") == event["event_id"])
    assert _read(allowed, "m.read") == event["event_id"]
    await allowed.settled()
    await allowed.until(lambda: not allowed.parts.matrix.ephemeral.busy)
    assert allowed.network.acted(Receipt) == []
    await allowed.says("two", nick="bob", id="m2")
    second = await allowed.sees("two")
    await allowed.alice.read(allowed.room, second["event_id"])
    await allowed.network.wait(lambda: allowed.network.acted(Receipt) == [Receipt("m2")])


async def test_her_own_login_alone_tells_what_she_has_read_in_a_shared_chat(allowed):
    await allowed.says("one", nick="bob", id="m1")
    event = await allowed.sees("one")
    chat = Chat(ChatID("#room"))
    receipt = RemoteEvent(chat, RemoteUserID("alice"), Receipt(MessageID("m1")))
    others = RemoteEvent(chat, RemoteUserID("bob"), Receipt(MessageID("m1")))
    await allowed.network.deliver(others, receipt, to="loop:own-alice")
    await allowed.rig.hs.wait_for(lambda: _read(allowed, "m.fully_read") == event["event_id"])
    counts = allowed.parts.status.counts
    assert counts["loop", Direction.TO_MATRIX, Reason.DUPLICATE] == 1  # bob's: another login's


async def test_what_she_has_muted_elsewhere_is_muted_until_she_hears_it_again(allowed):
    await muted(allowed, "#room", True)
    assert rule(allowed) == {"actions": []}
    await muted(allowed, "#room", False)
    assert rule(allowed) is None
    await muted(allowed, "#room", False)
    assert rule(allowed) is None


async def test_what_she_has_chosen_here_herself_stays(allowed):
    own = {"actions": ["notify"]}
    allowed.rig.hs._world.account_data[ALICE, f"{allowed.room} push rule"] = own
    await muted(allowed, "#room", True)
    await muted(allowed, "#room", False)
    assert rule(allowed) == own
    del allowed.rig.hs._world.account_data[ALICE, f"{allowed.room} push rule"]
    await muted(allowed, "#room", True)
    del allowed.rig.hs._world.account_data[ALICE, f"{allowed.room} push rule"]
    await muted(allowed, "#room", True)  # as it is told after a connect
    assert rule(allowed) is None


async def test_a_private_chat_that_was_muted_before_it_had_a_room_is_muted(allowed):
    login = "loop:own-alice"
    await muted(allowed, "bob", True, to=login)
    await allowed.network.say("bob", "bob", "psst", id="m1", to=login)
    room = await _private_room(allowed)
    await allowed.until(lambda: not allowed.parts.matrix.puppets.following.busy)
    assert rule(allowed, room) == {"actions": []}


async def muted(stage, chat, wanted, *, to=None):
    """She says so on her telephone."""
    stage.network.person("alice").mute(chat, muted=wanted, to=to)
    await stage.until(lambda: not stage.parts.matrix.puppets.following.busy)


def rule(stage, room=None):
    return stage.rig.hs._world.account_data.get((ALICE, f"{room or stage.room} push rule"))


async def test_no_ghost_stands_beside_her(allowed):
    members = [Member(RemoteUserID(name)) for name in ("alice", "bob")]
    change = ChatChange(ChatInfo(members=members))
    await allowed.network.emit("#room", None, change)
    await allowed.rig.hs.wait_for(lambda: BOB in _members(allowed))
    await allowed.until(lambda: not allowed.parts.matrix.members.busy)
    assert GHOST not in _members(allowed)


def _members(stage):
    return stage.rig.hs._world.rooms[stage.room].members()


async def _private_room(stage, who=ALICE):
    """The room of the only private chat, once `who` is in it."""

    def bound():
        portals = stage.parts.portals._by_id._items.values()
        return next((one.room for one in portals if one.private and one.room), None)

    await stage.until(bound)
    await stage.rig.hs.wait_for(lambda: _joined(stage, bound(), who))
    return bound()


def _joined(stage, room, who=ALICE):
    return who in stage.rig.hs._world.rooms[room].members()


def _read(stage, kind):
    world = stage.rig.hs._world
    place = world.read.get((stage.room, kind, ALICE, ""))
    return None if place is None else world.rooms[stage.room].events[place].id
