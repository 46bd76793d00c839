"""What people on the network do to messages, as it shows in the room."""

from __future__ import annotations

import pytest

from bridgekit.ids import EventID, MessageID, PortalID, UserID
from bridgekit.models import Link
from bridgekit.reasons import Reason
from bridgekit.richtext import Mention, RoomMention, Text
from bridgekit.supports import SupportsDelete
from bridgekit.to_matrix.revision import Old, next_part, of_text
from tests.core.to_matrix.test_files import PICTURE

BOB = UserID("@loop_bob:example.org")
HEART, RED_HEART = "\u2764", "\u2764\ufe0f"


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


def relation(event):
    return event["content"]["m.relates_to"]


async def test_an_edit_replaces_the_text(eye, bob):
    await bob.say("#room", "hallo", id="m1")
    await bob.edit("#room", "m1", "hello")
    first, edit = await eye.sees("hallo", "* hello")
    assert edit["sender"] == first["sender"]
    assert edit["content"]["m.new_content"] == {
        "msgtype": "m.text",
        "body": "hello",
        "m.mentions": {},
    }
    assert relation(edit) == {"rel_type": "m.replace", "event_id": first["event_id"]}


async def test_edits_that_come_out_of_order_leave_the_latest(eye, bob):
    await bob.say("#room", "one", id="m1")
    await bob.edit("#room", "m1", "three", "3")
    await bob.edit("#room", "m1", "two", "2")
    await bob.say("#room", "end", id="m2")
    await eye.sees("one", "* three", "end")
    assert eye.count(Reason.NO_CHANGE) == 1


async def test_an_edit_that_changes_nothing_is_not_shown(eye, bob):
    await bob.say("#room", "one", id="m1")
    await bob.edit("#room", "m1", "one", "1")
    await bob.edit("#room", "m1", "two", "2")
    await bob.edit("#room", "m1", "two", "3")
    await bob.edit("#room", "m1", "one", "4")
    await bob.say("#room", "end", id="m2")
    await eye.sees("one", "* two", "* one", "end")
    assert eye.count(Reason.NO_CHANGE) == 2


async def test_an_edit_by_somebody_else_is_the_authors(eye, bob, rig):
    await bob.say("#room", "hallo", id="m1")
    await rig.network.person("carol").edit("#room", "m1", "hello")
    first, edit = await eye.sees("hallo", "* hello")
    assert edit["sender"] == first["sender"]


async def test_an_edit_of_what_a_person_on_matrix_said_is_a_line_of_its_own(eye, bob, rig):
    said = await eye.alice.say(eye.room, "hallo")
    await rig.network.wait(lambda: rig.network.heard)
    await bob.edit("#room", "sent-0", "hello")
    _, line = await eye.sees("hallo", "* hello")
    assert line["sender"] == "@loop_bob:example.org"
    assert relation(line) == {"m.in_reply_to": {"event_id": said}}


async def test_a_deletion_redacts_the_message_and_its_edits(eye, bob, rig):
    await bob.say("#room", "secret", id="m1")
    await bob.edit("#room", "m1", "more secret")
    await eye.sees("secret", "* more secret")
    await bob.delete("#room", "m1")
    await bob.say("#room", "end", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    assert await eye.bodies() == ["", "", "end"]
    await rig.hs.pushed()
    await rig.bridge.parts.matrix.inbox.drained()
    assert not rig.network.acts


async def test_rule_20_a_message_that_comes_after_its_deletion_is_never_shown(eye, bob):
    await bob.delete("#room", "m1")
    await bob.say("#room", "late", id="m1")
    await bob.say("#room", "end", id="m2")
    await eye.sees("end")
    assert eye.count(Reason.TARGET_GONE) == 1
    assert eye.count(Reason.TARGET_UNKNOWN) == 1


async def reactions(eye):
    return [
        (event["sender"], relation(event)["key"])
        for event in await eye.alice.events(eye.room)
        if event["type"] == "m.reaction" and event["content"]
    ]


async def test_a_reaction_is_each_persons_own_and_there_once(eye, bob, rig):
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    before = eye.count(Reason.DUPLICATE)  # it may have come from the history, too
    await bob.react("#room", "m1", HEART)
    await bob.react("#room", "m1", RED_HEART)
    await rig.network.person("carol").react("#room", "m1", HEART)
    await bob.say("#room", "end", id="m2")
    await eye.sees("hello", "end")
    assert await reactions(eye) == [
        ("@loop_bob:example.org", RED_HEART),
        ("@loop_carol:example.org", RED_HEART),
    ]
    assert eye.count(Reason.DUPLICATE) == before + 1


async def test_a_reaction_that_is_taken_back_is_redacted(eye, bob, rig):
    await bob.say("#room", "hello", id="m1")
    await bob.react("#room", "m1", HEART)
    await rig.network.person("carol").unreact("#room", "m1", HEART)
    await bob.unreact("#room", "m1", HEART)
    await bob.react("#room", "m1", HEART)
    await bob.unreact("#room", "m1", HEART)
    await bob.say("#room", "end", id="m2")
    await eye.sees("hello", "end")
    assert await reactions(eye) == []
    assert eye.count(Reason.NO_CHANGE) == 1
    assert not rig.network.acts


async def test_a_reply_names_what_it_answers(eye, bob):
    await bob.say("#room", "hello", id="m1")
    await bob.reply("#room", "m1", "hi", id="m2")
    first, reply = await eye.sees("hello", "hi")
    assert relation(reply) == {"m.in_reply_to": {"event_id": first["event_id"]}}


async def test_a_reply_to_a_person_on_matrix_speaks_to_them(eye, bob, rig):
    await eye.alice.say(eye.room, "hello")
    await rig.network.wait(lambda: rig.network.heard)
    await bob.reply("#room", "sent-0", "hi", id="m2")
    _, reply = await eye.sees("hello", "hi")
    assert reply["content"]["m.mentions"] == {"user_ids": [eye.alice.user_id]}


async def test_a_thread_hangs_on_its_root_and_falls_back_to_the_latest(eye, bob):
    await bob.say("#room", "root", id="m1")
    await bob.thread("#room", "m1", "one", id="m2")
    await bob.thread("#room", "m1", "two", id="m3")
    await bob.thread("#room", "m3", "three", id="m4")
    root, one, two, three = await eye.sees("root", "one", "two", "three")
    for latest, event in ((root, one), (one, two), (two, three)):
        assert relation(event) == {
            "rel_type": "m.thread",
            "event_id": root["event_id"],
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": latest["event_id"]},
        }


async def test_an_edit_pings_nobody_again(eye, bob):
    text = (Mention("Alice", mxid=UserID("@alice:example.org")), Text(" hallo"))
    await bob.say("#room", text, id="m1")
    await bob.edit("#room", "m1", (*text, Text("!")))
    first, edit = await eye.sees("Alice hallo", "* Alice hallo!")
    assert first["content"]["m.mentions"] == {"user_ids": ["@alice:example.org"]}
    assert edit["content"]["m.mentions"] == {}
    assert edit["content"]["m.new_content"]["m.mentions"] == first["content"]["m.mentions"]


async def test_a_custom_emoji_shows_as_its_picture_under_its_name(eye, bob, rig):
    rig.network.emoji["party"] = bob.file("party.png", PICTURE, "image/png")
    await bob.say("#room", "hello", id="m1")
    await bob.react("#room", "m1", ":party:")
    await bob.react("#room", "m1", ":nobody_knows:")
    await bob.say("#room", "end", id="m2")
    await eye.sees("hello", "end")
    party, other = [e for e in await eye.alice.events(eye.room) if e["type"] == "m.reaction"]
    assert await eye.alice.download(relation(party)["key"]) == PICTURE
    assert party["content"]["com.beeper.reaction.shortcode"] == ":party:"
    assert relation(other)["key"] == ":nobody_knows:"


async def test_who_is_in_the_room_is_told_of_everybody(eye, bob):
    await bob.say("#room", (RoomMention(), Text(" tea!")), id="m1")
    (event,) = await eye.sees("@room tea!")
    assert event["content"]["m.mentions"] == {"room": True}


def test_an_edit_gives_new_text_a_part_that_no_other_event_has():
    link = Link(PortalID(1), MessageID("m1"), 1, EventID("$1"), "bob")  # part 0 was taken back
    old = Old(link, BOB, "m.room.message", {"msgtype": "m.text", "body": "old"})
    texts = [{"msgtype": "m.text", "body": body} for body in ("one", "two", "three")]
    drafts = of_text([old], texts, next_part([link])).sent_by(BOB)
    assert [draft.part for draft in drafts] == [1, 2, 3]


async def test_an_edit_after_a_part_was_taken_back_on_matrix_loses_no_text(rig, bob, watch):
    rig.network.lacks |= {SupportsDelete}  # so that the message stays there
    await rig.start()
    eye = await watch(rig)
    await bob.say("#room", "a " * 20_000 + "b " * 20_000, id="m1")
    await bob.say("#room", "mark", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "mark")
    *parts, _ = await eye.alice.messages(eye.room)
    bot = rig.hs.person("bridgebot")
    await bot.redact(eye.room, parts[0]["event_id"])
    await rig.hs.pushed()
    await rig.bridge.parts.matrix.inbox.drained()
    for stamp, letters in enumerate(("cd", "ef")):
        await bob.edit("#room", "m1", "".join(f"{x} " * 20_000 for x in letters), str(stamp))
    await bob.say("#room", "end", id="m3")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    all_by_bob = [one for one in await eye.alice.messages(eye.room) if one["sender"] == BOB]
    edits = all_by_bob[len(parts) + 1 : -1]
    said = [(one["content"].get("m.new_content") or one["content"])["body"] for one in edits]
    assert "".join(said).replace(" ", "") == "".join(x * 20_000 for x in "cdef")
    first, second = edits[: len(parts)], edits[len(parts) :]
    *kept, new = (one["event_id"] for one in (*parts[1:], first[-1]))
    assert [relation(one)["event_id"] for one in first[:-1]] == kept
    assert [relation(one)["event_id"] for one in second] == [*kept, new]
