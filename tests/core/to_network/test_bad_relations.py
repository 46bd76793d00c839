"""Relations to nothing, to another room, to themselves, in circles, and of no sense at all."""

from __future__ import annotations

import pytest

from bridgekit.events import Deletion, Edit, Pin, Reaction, Vote

STATES = (Edit, Deletion, Reaction, Vote, Pin)
NOTHING = "$there-is-no-such-event"


def content_of(kind: str, target: object) -> tuple[str, dict]:
    """An event of a kind that refers to a target."""
    text = {"msgtype": "m.text", "body": "* x", "m.new_content": {"msgtype": "m.text", "body": "x"}}
    match kind:
        case "edit":
            relation = {"rel_type": "m.replace", "event_id": target}
            return "m.room.message", {**text, "m.relates_to": relation}
        case "reaction":
            relation = {"rel_type": "m.annotation", "event_id": target, "key": "👍"}
            return "m.reaction", {"m.relates_to": relation}
        case "redaction":
            return "m.room.redaction", {"redacts": target}
        case "vote":
            relation = {"rel_type": "m.reference", "event_id": target}
            return "m.poll.response", {"m.relates_to": relation, "m.selections": ["0"]}
        case _:
            relation = {"rel_type": "m.reference", "event_id": target}
            return "m.poll.end", {"m.relates_to": relation}


KINDS = pytest.mark.parametrize("kind", ["edit", "reaction", "redaction", "vote", "poll end"])


async def refer(stage, kind: str, target: object, event_id: str = "$refers") -> None:
    """An event of alice refers to a target, however homeservers would judge that."""
    event_type, content = content_of(kind, target)
    await stage.push(event_id, content, type=event_type)


def untouched(stage) -> bool:
    return not any(stage.network.acted(kind) for kind in STATES)


@KINDS
async def test_what_refers_to_nothing_is_decided_at_once(stage, kind):
    await stage.begin()
    await refer(stage, kind, NOTHING)
    (outcome,) = await stage.ended()
    assert outcome.reason == "target_unknown"
    assert untouched(stage)
    if kind != "redaction":  # nothing of it is on the network: there is nothing to tell
        await stage.notice("What it refers to is not known to this bridge.")


@KINDS
async def test_what_refers_to_another_room_changes_nothing_there(stage, kind):
    stage.rig.link("#other")
    await stage.begin()
    other = await stage.alice.join("#loop_#other:example.org")
    event = await stage.alice.say(other, "hello")
    await stage.ended()
    await refer(stage, kind, event)
    (_, outcome) = await stage.ended(2)
    assert outcome.reason == "target_unknown"
    assert untouched(stage)
    assert stage.network.chat("#other").texts() == ["hello"]


@KINDS
async def test_what_refers_to_itself_ends(stage, kind):
    await stage.begin()
    await refer(stage, kind, "$refers")
    (outcome,) = await stage.ended()
    assert outcome.reason in ("target_unknown", "cancelled")
    assert untouched(stage)


@pytest.mark.parametrize("names", ["ab", "abc", "abcdef"])
async def test_edits_in_a_circle_end(stage, gate, names):
    """However many: all are there when the first is looked at, and each would wait for the next."""
    await stage.begin()
    held = gate()
    stage.network.before.append(held)
    await stage.alice.say(stage.room, "what is before them")
    await held.reached.wait()
    for one, after in zip(names, names[1:] + names[0], strict=True):
        await refer(stage, "edit", f"${after}", f"${one}")
    held.open()
    outcomes = (await stage.ended(1 + len(names)))[1:]
    assert {one.result for one in outcomes} == {"failed"}
    assert untouched(stage)
    assert stage.network.texts() == ["what is before them"]
    assert stage.parts.queue.waiting == 0


async def test_an_edit_of_an_edit_is_refused_visibly(stage):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    edit = await stage.alice.edit(room, event, "bye")
    await stage.ended(2)
    await refer(stage, "edit", edit)
    await stage.notice("Only a message can be changed, not a change.")
    assert stage.network.chat("#room").texts() == ["bye"]


async def test_redactions_in_a_circle_end(stage):
    await stage.begin()
    await refer(stage, "redaction", "$two", "$one")
    await refer(stage, "redaction", "$one", "$two")
    await stage.ended(2)
    assert stage.network.acts == []
    assert stage.parts.queue.waiting == 0


@pytest.mark.parametrize("kind", ["edit", "reaction", "vote", "poll end"])
@pytest.mark.parametrize("target", [None, 7, [], {}, "", {"event_id": "$x"}])
async def test_a_target_that_is_none_is_no_relation(stage, kind, target):
    await stage.begin()
    await refer(stage, kind, target)
    (outcome,) = await stage.ended()
    assert untouched(stage)
    if kind == "edit":  # nothing says what it changes: it is a message
        assert stage.network.texts() == ["* x"]
    else:
        assert outcome.result == "dropped"


@pytest.mark.parametrize("relation", [None, 7, "m.replace", [], {"rel_type": ["m.replace"]}])
@pytest.mark.parametrize("event_type", ["m.room.message", "m.reaction", "m.poll.response"])
async def test_a_relation_of_no_sense_ends(stage, relation, event_type):
    await stage.begin()
    content = {"msgtype": "m.text", "body": "hello", "m.relates_to": relation}
    await stage.push("$odd", content, type=event_type)
    (outcome,) = await stage.ended()
    assert outcome.result == ("delivered" if event_type == "m.room.message" else "dropped")


@pytest.mark.parametrize("key", [None, 7, "", " \n", {}, "\ufe0f"])
async def test_a_reaction_with_nothing_is_dropped(stage, key):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
    await stage.push("$odd", {"m.relates_to": relation}, type="m.reaction")
    (_, outcome) = await stage.ended(2)
    assert outcome.result == "dropped"
    assert stage.network.acted(Reaction) == []


async def test_a_huge_reaction_is_refused_visibly(stage):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.alice.react(room, event, "x" * 20_000)
    await stage.notice("A reaction has at most 100 letters.")
    assert stage.network.acted(Reaction) == []


async def test_a_reply_in_a_circle_is_just_said(stage):
    await stage.begin()
    relation = {"m.in_reply_to": {"event_id": "$odd"}}
    await stage.push("$odd", {"msgtype": "m.text", "body": "hi", "m.relates_to": relation})
    await stage.heard("hi")
    assert stage.network.heard[0].message.reply_to is None


async def test_a_vote_in_what_is_no_poll_is_refused(stage):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    await refer(stage, "vote", event)
    await stage.notice("What it refers to is no poll.")
    assert stage.network.acted(Vote) == []


async def test_a_message_that_became_nothing_new_in_an_edit_is_refused(stage):
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    relation = {"rel_type": "m.replace", "event_id": event}
    await stage.push("$odd", {"m.new_content": {"msgtype": "m.text"}, "m.relates_to": relation})
    await stage.notice("It has no body")
    assert stage.network.chat("#room").texts() == ["hello"]
