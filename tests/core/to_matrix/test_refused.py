"""What the homeserver does not let the bridge do: said in the outcome, never tried for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bridgekit.events import ChatChange
from bridgekit.facts import Attachment, AttachmentKind, ChatInfo
from bridgekit.reasons import Reason

BOT = "@bridgebot:example.org"
BOB = "@loop_bob:example.org"


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


async def ended(eye):
    """What was said in the room once everything was bridged."""
    await eye.rig.network.person("carol").say("#room", "end", id="last")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    await eye.settled()
    return (await eye.alice.messages(eye.room))[:-1]


async def test_a_reaction_that_the_ghost_may_not_send_is_nobody_elses(eye, bob, rig):
    await bob.say("#room", "hello", id="m1")
    rig.hs.fail("PUT", "/send/m.reaction", status=403, errcode="M_FORBIDDEN", times=None)
    await bob.react("#room", "m1", "👍")
    await ended(eye)
    assert eye.count(Reason.HOMESERVER_REFUSED) == 1
    assert not [e for e in await eye.alice.events(eye.room) if e["type"] == "m.reaction"]


async def test_a_message_that_nobody_may_take_back_stays_and_is_reported(eye, bob, rig):
    await eye.alice.say(eye.room, "mine")
    await rig.network.wait(lambda: rig.network.heard)
    rig.hs.fail("PUT", "/redact/", status=403, errcode="M_FORBIDDEN", times=None)
    await bob.delete("#room", "sent-0")
    (mine,) = await ended(eye)
    assert mine["content"]["body"] == "mine"
    assert eye.count(Reason.NO_POWER) == 1


async def test_a_moderator_of_the_network_takes_back_what_a_person_on_matrix_said(eye, bob, rig):
    await eye.alice.say(eye.room, "mine")
    await rig.network.wait(lambda: rig.network.heard)
    await bob.delete("#room", "sent-0")
    (mine,) = await ended(eye)
    assert not mine["content"]
    await rig.hs.pushed()
    await rig.bridge.parts.matrix.inbox.drained()
    assert [act.kind for act in rig.network.acts] == ["message"]


async def test_pins_and_names_that_the_bot_may_not_set_are_reported(eye, bob, rig):
    await bob.say("#room", "hello", id="m1")
    for kind in ("pinned_events", "name"):
        path = f"/state/m.room.{kind}"
        rig.hs.fail("PUT", path, status=403, errcode="M_FORBIDDEN", times=None)
    await bob.pin("#room", "m1")
    await bob.rename_chat("#room", "Another")
    await ended(eye)
    pin, name = [
        end
        for kind in ("Pin", "ChatChange")
        for end in await rig.bridge.parts.store.reader.all(
            text("SELECT reason FROM outcome WHERE kind = :kind"), {"kind": kind}
        )
    ]
    assert pin.reason == name.reason == Reason.NO_POWER


async def test_a_picture_that_cannot_be_had_is_not_called_a_lack_of_power(eye, rig):
    picture = Attachment(AttachmentKind.IMAGE, "not-there", "pic.png", mime="image/png")
    info = ChatInfo(name="Lounge", avatar=picture)
    await rig.network.emit("#room", "bob", ChatChange(info))
    await ended(eye)
    (end,) = await rig.bridge.parts.store.reader.all(
        text("SELECT reason FROM outcome WHERE kind = 'ChatChange'")
    )
    assert end.reason == Reason.FILE_MISSING
    assert rig.hs.world.rooms[eye.room].content("m.room.name") == {"name": "Lounge"}


async def test_what_the_bot_said_for_a_ghost_the_bot_edits(eye, bob, rig):
    bot = rig.hs.person("bridgebot")
    await bob.say("#room", "one", id="m0")
    await eye.sees("one")
    await bot.ban(eye.room, BOB)
    await bob.say("#room", "hallo", id="m1")
    await bob.edit("#room", "m1", "hello")
    said, edit = (await ended(eye))[1:]
    assert said["sender"] == edit["sender"] == BOT
    assert edit["content"]["m.new_content"]["body"] == "<Bob> hello"
    assert edit["content"]["m.relates_to"]["event_id"] == said["event_id"]


async def test_an_edit_that_the_ghost_may_not_send_is_said_by_the_bot(eye, bob, rig):
    bot = rig.hs.person("bridgebot")
    await bob.say("#room", "hallo", id="m1")
    await eye.sees("hallo")
    await bot.ban(eye.room, BOB)
    await bob.edit("#room", "m1", "hello")
    first, line = await ended(eye)
    assert line["sender"] == BOT
    assert line["content"]["body"] == "* <Bob> hello"
    assert line["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": first["event_id"]}}


@pytest.mark.parametrize("what", ["edit", "react"])
async def test_an_act_whose_answer_is_lost_is_there_once(eye, bob, rig, what):
    await bob.say("#room", "hello", id="m1")
    await eye.sees("hello")
    fault = rig.hs.lose_answer("PUT", "/send/")
    if what == "edit":
        await bob.edit("#room", "m1", "hi", "1")
    else:
        await bob.react("#room", "m1", "👍")
    await rig.hs.wait_for(lambda: fault.struck)
    await rig.kill()
    await rig.hs.restart()  # it remembers no transaction ID
    await rig.start()
    await ended(eye)
    about = [e for e in await eye.alice.events(eye.room) if "m.relates_to" in e["content"]]
    assert len(about) == 1


async def test_rule_19_an_act_that_bears_our_txn_is_our_own(eye, bob, rig):
    await bob.say("#room", "first", id="m1")
    await eye.sees("first")  # by now the past is read, where "hallo" would count as well
    said = await eye.alice.say(eye.room, "hallo")
    await rig.network.wait(lambda: rig.network.heard)
    await eye.alice.edit(eye.room, said, "hello")
    await rig.network.wait(lambda: len(rig.network.acts) == 2)
    await rig.bridge.parts.matrix.inbox.drained()
    txn = rig.network.acts[-1].event.txn
    await bob.edit("#room", "sent-0", "hello", txn=txn)
    assert len(await ended(eye)) == 3
    assert eye.count(Reason.OWN_ECHO) == 1


async def test_a_deletion_that_a_crash_interrupts_goes_on(eye, bob, rig):
    await bob.say("#room", "secret", id="m1")
    await eye.sees("secret")
    fault = rig.hs.drop_request("PUT", "/redact/", times=None)
    await bob.delete("#room", "m1")
    await rig.hs.wait_for(lambda: fault.struck)
    await rig.kill()
    fault.clear()
    await rig.start()
    (secret,) = await ended(eye)
    assert not secret["content"]


async def test_a_relation_that_the_homeserver_does_not_take_is_left_out(eye, bob, rig):
    await bob.say("#room", "one", id="m1")
    await eye.sees("one")
    rig.hs.fail("PUT", "/send/", status=400, errcode="M_UNKNOWN")
    await bob.thread("#room", "m1", "two", id="m2")
    _, two = await ended(eye)
    assert two["content"]["body"] == "two"
    assert "m.relates_to" not in two["content"]


async def test_a_person_who_may_not_enter_reacts_and_votes_for_nobody(eye, bob, rig):
    bot = rig.hs.person("bridgebot")
    await rig.network.person("carol").poll("#room", "Tea?", "yes", "no", id="m1")
    await bot.ban(eye.room, BOB)
    await bob.vote("#room", "m1", 0)
    await bob.react("#room", "m1", "👍")
    await ended(eye)
    assert eye.count(Reason.HOMESERVER_REFUSED) == 2
