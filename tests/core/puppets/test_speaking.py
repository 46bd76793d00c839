"""What people with a login write from elsewhere appears as themselves, where the bridge may."""

from __future__ import annotations

import pytest

from bridgekit.events import Deletion, Edit, Message, Reaction
from bridgekit.ids import MessageID
from bridgekit.permissions.rights import Level
from bridgekit.richtext import from_plain
from bridgekit.testing.loopback import LoopbackNetwork

ALICE, GHOST, BOB = "@alice:example.org", "@loop_alice:example.org", "@loop_bob:example.org"


async def test_what_she_writes_on_her_telephone_appears_as_herself(allowed):
    await allowed.says("from the train", id="m1")
    assert (await allowed.sees("from the train"))["sender"] == ALICE
    assert await allowed.senders("from the train") == [ALICE]
    assert allowed.network.heard == []  # and it does not go back


async def test_everybody_else_is_a_ghost_still(allowed):
    await allowed.says("hello", nick="bob", id="m1")
    assert (await allowed.sees("hello"))["sender"] == BOB


async def test_without_a_registration_of_puppets_her_ghost_speaks(stage):
    await stage.begin()
    await stage.says("from the train", id="m1")
    assert (await stage.sees("from the train"))["sender"] == GHOST


async def test_a_registration_that_the_homeserver_does_not_know_is_no_reason_to_wait(stage):
    stage.allow()
    del stage.rig.hs._world.appservices["bridgekit-puppets"]
    await stage.begin()
    await stage.says("from the train", id="m1")
    assert (await stage.sees("from the train"))["sender"] == GHOST
    await stage.says("again", id="m2")
    assert (await stage.sees("again"))["sender"] == GHOST


async def test_who_may_not_sign_in_any_more_is_a_ghost(allowed):
    await allowed.settled()
    await allowed.rig.stop()
    allowed.rig.permissions = {"*": Level.RELAY}
    await allowed.start()
    await allowed.says("from the train", id="m1")
    assert (await allowed.sees("from the train"))["sender"] == GHOST


async def test_who_is_not_in_the_room_is_not_dragged_into_it(stage):
    stage.allow()
    await stage.begin()
    watcher = stage.rig.hs.person("carol")
    await watcher.join("#loop_#room:example.org")
    await stage.alice.leave(stage.room)
    stage.alice = watcher
    await stage.says("from the train", id="m1")
    assert (await stage.sees("from the train"))["sender"] == GHOST
    stage.rig.hs.requests.clear()
    await stage.says("again", id="m2")
    assert (await stage.sees("again"))["sender"] == GHOST
    assert ALICE not in await watcher.members(stage.room)
    assert stage.rig.hs.requests["GET /rooms/{room}/state/{type}/{key}"] == 0  # nor asked for again


async def test_an_edit_a_reaction_and_a_deletion_are_hers_too(allowed):
    await allowed.says("frist", id="m1")
    first = await allowed.sees("frist")
    edit = Edit(MessageID("m1"), Message(from_plain("first")), stamp="2")
    await allowed.network.emit("#room", "alice", edit)
    changed = await allowed.sees("* first")
    assert changed["sender"] == ALICE
    assert changed["content"]["m.relates_to"]["event_id"] == first["event_id"]
    await allowed.says("mine", nick="bob", id="m2")
    await allowed.sees("mine")
    await allowed.network.emit("#room", "alice", Reaction(MessageID("m2"), "👍"))
    reaction = await allowed.alice.wait_for(
        allowed.room, lambda event: event["type"] == "m.reaction"
    )
    assert reaction["sender"] == ALICE
    await allowed.network.emit("#room", "alice", Reaction(MessageID("m2"), "👍", removed=True))
    await allowed.network.emit("#room", "alice", Deletion(MessageID("m1")))
    gone = [await _redaction(allowed, event["event_id"]) for event in (first, changed, reaction)]
    assert {event["sender"] for event in gone} == {ALICE}
    await allowed.settled()
    acts = [act.kind for act in allowed.network.acts if act.kind != "membership"]
    assert acts == []  # nothing of all that went back


async def _redaction(stage, event_id):
    return await stage.alice.wait_for(
        stage.room,
        lambda event: event["type"] == "m.room.redaction" and event["redacts"] == event_id,
    )


async def test_what_her_ghost_said_before_she_had_a_puppet_stays_its_own(stage):
    await stage.begin()
    await stage.says("frist", id="m1")
    before = await stage.sees("frist")
    await stage.settled()
    await stage.rig.stop()
    stage.allow()
    await stage.start()
    await stage.network.wait(lambda: "loop:own-alice" in stage.network.clients)
    edit = Edit(MessageID("m1"), Message(from_plain("first")), stamp="2")
    await stage.network.emit("#room", "alice", edit)
    assert (await stage.sees("* first"))["sender"] == GHOST
    await stage.network.emit("#room", "alice", Deletion(MessageID("m1")))
    assert (await _redaction(stage, before["event_id"]))["sender"] == GHOST


async def test_she_can_change_on_matrix_what_she_wrote_on_her_telephone(allowed):
    await allowed.says("frist", id="m1")
    event = await allowed.sees("frist")
    await allowed.settled()
    await allowed.alice.edit(allowed.room, event["event_id"], "first")
    await allowed.network.wait(lambda: allowed.network.acted(Edit))
    (act,) = [act for act in allowed.network.acts if act.kind == "edit"]
    assert act.login == "loop:own-alice"
    assert act.event.content.target == "m1"
    await allowed.alice.redact(allowed.room, event["event_id"])
    await allowed.network.wait(lambda: allowed.network.acted(Deletion) == [Deletion("m1")])


async def said_on_matrix(stage, text):
    """Alice says it on Matrix; the event, and the ID that the network gave it."""
    event = await stage.alice.say(stage.room, text)
    await stage.network.wait(lambda: text in stage.network.texts())
    await stage.settled()
    return event, MessageID(f"sent-{stage.network.texts().index(text)}")


async def test_what_she_wrote_on_matrix_she_can_change_and_delete_on_her_telephone(allowed):
    event, message = await said_on_matrix(allowed, "frist")
    edit = Edit(message, Message(from_plain("first")), stamp="2")
    await allowed.network.emit("#room", "alice", edit)
    changed = await allowed.sees("* first")
    assert changed["sender"] == ALICE
    assert changed["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": event}
    await allowed.network.emit("#room", "alice", Deletion(message))
    assert (await _redaction(allowed, event))["sender"] == ALICE
    await allowed.settled()
    assert [allowed.network.acted(kind) for kind in (Edit, Deletion)] == [[], []]


@pytest.mark.parametrize("puppet", [True, False])
async def test_her_own_change_that_the_network_tells_is_no_news(stage, puppet):
    if puppet:
        stage.allow()
    await stage.begin()
    event, message = await said_on_matrix(stage, "frist")
    await stage.alice.edit(stage.room, event, "first")
    await stage.network.wait(lambda: stage.network.acted(Edit))
    await stage.settled()
    before = len(await stage.alice.messages(stage.room))
    echo = Edit(message, Message(from_plain("first")), stamp="2")
    await stage.network.emit("#room", "alice", echo)
    await stage.settled()
    assert len(await stage.alice.messages(stage.room)) == before


async def test_people_without_a_login_cost_no_look_up(allowed, monkeypatch):
    async def never(*_):
        raise AssertionError("asked")

    await allowed.settled()
    monkeypatch.setattr(type(allowed.puppets), "of", never)
    await allowed.says("hello", nick="bob", id="m1")
    assert (await allowed.sees("hello"))["sender"] == BOB


async def test_what_one_network_says_as_her_reaches_the_other_once(stage):
    other = stage.rig.networks["other"] = LoopbackNetwork()
    stage.allow()
    stage.rig.link("#far", room="#loop_#room:example.org", network="other")
    await stage.begin()
    await other.wait(lambda: bool(other.clients))
    await stage.sign_in("alice", "other")
    await stage.says("to all", id="m1")
    await other.wait(lambda: bool(other.heard))
    assert [(one.text, one.login) for one in other.heard] == [("to all", "other:own-alice")]
    await stage.settled()
    assert stage.network.heard == []
