"""What is shown only in part, or waits until it is too old: known for what is in the room."""

from __future__ import annotations

import pytest

from bridgekit.configuration.settings import ExpirySettings
from bridgekit.events import Message, Raw, RemoteEvent
from bridgekit.facts import AttachmentKind, Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.store.beside import commit
from bridgekit.store.jobs import Jobs, revive

HOUR = 3600
BOT = "@bridgebot:example.org"
GIF = b"GIF89a\x02\0\x03\0\0\0\0,\0\0\0\0\x02\0\x03\0\0;"
SHOWN = ("m.room.message", "m.sticker")


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


def sticker(bob):
    return bob.file("smile.gif", GIF, "image/gif", AttachmentKind.STICKER)


async def ended(rig, name="m1", kind="Message"):
    """The outcome of a message, or of what was done with it."""
    outcomes = await Jobs(rig.bridge.parts.store.reader).outcomes(name, None)
    (outcome,) = [one for one in outcomes if one.kind == kind]
    return outcome


async def all_bridged(eye, bob, word="end"):
    """What is in the room once everything was bridged."""
    await bob.say("#room", word, id=f"the {word}")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == word)
    await eye.settled()
    return [event for event in await eye.alice.events(eye.room) if event["type"] in SHOWN][:-1]


async def tried_again(rig, name="m1"):
    """An operator lets a dead job live again."""
    jobs = Jobs(rig.bridge.parts.store.reader)
    (dead,) = [one for one in await jobs.listed() if one.dead and one.job.source == name]
    await commit(rig.database, revive(dead.job.id, dead.job.received_at))
    await rig.bridge.parts.queue.catch_up()


@pytest.fixture
async def halfway(eye, bob, rig):
    """Of a text with a sticker the homeserver takes the text only."""
    fault = rig.hs.fail("PUT", "/send/m.sticker", status=413, errcode="M_TOO_LARGE", times=None)
    await bob.attach("#room", sticker(bob), caption="look", id="m1")
    (look,) = await all_bridged(eye, bob, "behind")
    assert look["content"]["body"] == "look"
    fault.clear()
    return look


async def test_what_is_refused_in_the_middle_was_sent_in_part(halfway, rig):
    outcome = await ended(rig)
    assert (outcome.result, outcome.reason) == ("failed", "homeserver_refused")
    assert (outcome.fate, outcome.targets) == ("partly", (halfway["event_id"],))


@pytest.mark.usefixtures("halfway")
async def test_what_is_shown_in_part_is_taken_back_with_its_message(eye, bob):
    await bob.delete("#room", "m1")
    look, _ = await all_bridged(eye, bob)
    assert not look["content"]


async def test_what_is_shown_in_part_is_edited_with_its_message(halfway, eye, bob):
    await bob.edit("#room", "m1", "see")
    edit = (await all_bridged(eye, bob))[-1]
    assert edit["content"]["m.new_content"]["body"] == "see"
    assert edit["content"]["m.relates_to"]["event_id"] == halfway["event_id"]


@pytest.mark.usefixtures("halfway")
async def test_what_was_shown_in_part_is_completed_when_it_is_tried_again(eye, bob, rig):
    await rig.hs.restart()  # it remembers no transaction ID
    rig.hs.fail("GET", "/messages", status=403, errcode="M_FORBIDDEN", times=None)
    await tried_again(rig)
    shown = [event["type"] for event in await all_bridged(eye, bob)]
    assert shown == ["m.room.message", "m.room.message", "m.sticker"]
    await bob.delete("#room", "m1")
    look, _, smile, _ = await all_bridged(eye, bob, "gone")
    assert not look["content"]
    assert not smile["content"]


@pytest.mark.usefixtures("halfway")
async def test_what_comes_again_after_it_was_shown_in_part_is_known(eye, bob):
    await bob.attach("#room", sticker(bob), caption="look", id="m1")
    assert len(await all_bridged(eye, bob)) == 2


async def test_of_a_raw_event_too_what_is_shown_in_part_is_known(eye, bob, rig):
    room, who = Chat(ChatID("#room")), RemoteUserID("bob")

    def meaning():
        one = Message(from_plain("one"))
        two = Message(from_plain("two"), attachments=(sticker(bob),))
        return [RemoteEvent(room, who, one, MessageID("m1")), RemoteEvent(room, who, two, "m2")]

    rig.network.meanings[b"x"] = meaning
    rig.hs.fail("PUT", "/send/m.sticker", status=413, errcode="M_TOO_LARGE", times=None)
    await rig.network.deliver(Raw(room, "k", b"x"))
    one, two = await all_bridged(eye, bob)
    outcome = await ended(rig, "k", "Raw")
    assert (outcome.fate, outcome.reason) == ("partly", "homeserver_refused")
    assert outcome.targets == (one["event_id"], two["event_id"])
    await bob.delete("#room", "m1")
    await bob.delete("#room", "m2")
    assert [event["content"] for event in await all_bridged(eye, bob, "gone")][:2] == [{}, {}]


async def test_an_edit_that_is_refused_in_the_middle_is_known_for_what_it_shows(eye, bob, rig):
    faults = []

    def the_second_new_part_is_refused(_room, event):
        new = event.content.get("body", "")
        if new.startswith("word") and "m.relates_to" not in event.content and not faults:
            faults.append(rig.hs.fail("PUT", "/send/", status=413, errcode="M_TOO_LARGE"))

    rig.hs.world.on_event.append(the_second_new_part_is_refused)
    await bob.say("#room", "short", id="m1")
    await bob.edit("#room", "m1", "word " * 40_000, "1")
    first, edit, more = await all_bridged(eye, bob)
    assert faults[0].struck == 1
    outcome = await ended(rig, kind="Edit")
    assert (outcome.result, outcome.reason) == ("failed", "homeserver_refused")
    assert (outcome.fate, outcome.targets) == ("partly", (edit["event_id"], more["event_id"]))
    await bob.delete("#room", "m1")
    assert [event["content"] for event in await all_bridged(eye, bob, "gone")][:3] == [{}, {}, {}]
    assert first["event_id"] == edit["content"]["m.relates_to"]["event_id"]


async def test_files_whose_ghost_is_put_out_between_them_are_all_there_once(eye, bob, rig):
    faults = []

    def it_may_speak_no_more(_room, event):
        if event.content.get("body") == "0.png" and not faults:
            faults.append(rig.hs.fail("PUT", "/send/", status=403, errcode="M_FORBIDDEN", times=2))

    rig.hs.world.on_event.append(it_may_speak_no_more)
    files = [bob.file(f"{number}.png", b"a picture", "image/png") for number in range(2)]
    await bob.attach("#room", *files, id="m1")
    first, name, second = await all_bridged(eye, bob)
    assert [one["content"]["body"] for one in (first, second)] == ["0.png", "1.png"]
    assert "Bob" in name["content"]["body"]
    assert name["sender"] == second["sender"] == BOT != first["sender"]
    await bob.delete("#room", "m1")
    assert [event["content"] for event in await all_bridged(eye, bob, "gone")][:3] == [{}, {}, {}]


@pytest.fixture
async def aged(slow_rig, clock, watch):
    """`await aged(fault, hours)`: bob's words met a fault and the bridge's end, so long ago."""
    slow_rig.network_settings["expire_after"] = ExpirySettings(to_matrix=1)

    async def begun(fault, hours):
        await slow_rig.start()
        eye = await watch(slow_rig)
        struck = fault("PUT", "/send/")
        await slow_rig.network.person("bob").say("#room", "one", id="m1")
        await slow_rig.hs.wait_for(lambda: struck.struck)
        await slow_rig.kill()
        await slow_rig.hs.restart()  # it remembers no transaction ID
        await clock.advance(hours * HOUR)
        await slow_rig.start()
        return eye

    return begun


async def test_what_expires_in_doubt_and_is_in_the_room_is_delivered(aged, slow_rig):
    eye = await aged(slow_rig.hs.lose_answer, 2)
    bob = slow_rig.network.person("bob")
    (one,) = await all_bridged(eye, bob)
    outcome = await ended(slow_rig)
    assert (outcome.result, outcome.targets) == ("delivered", (one["event_id"],))
    await bob.delete("#room", "m1")
    assert [event["content"] for event in await all_bridged(eye, bob, "gone")][:1] == [{}]


async def test_what_expires_in_doubt_and_is_not_in_the_room_has_expired(aged, slow_rig):
    eye = await aged(slow_rig.hs.drop_request, 2)
    assert await all_bridged(eye, slow_rig.network.person("bob")) == []
    outcome = await ended(slow_rig)
    assert (outcome.result, outcome.reason, outcome.fate) == ("failed", "expired", "expired")


async def test_what_could_not_be_looked_for_until_long_after_it_expired_is_unknown(aged, slow_rig):
    eye = await aged(slow_rig.hs.lose_answer, 26)
    assert len(await all_bridged(eye, slow_rig.network.person("bob"))) == 1
    outcome = await ended(slow_rig)
    assert (outcome.result, outcome.reason, outcome.fate) == ("unknown", "expired", "unknown")
