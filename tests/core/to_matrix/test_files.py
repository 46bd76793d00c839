"""Files, pictures and stickers of the network, as they show in the room."""

from __future__ import annotations

import struct
import zlib

import pytest

from bridgekit.events import Edit, Message
from bridgekit.facts import AttachmentKind, Profile
from bridgekit.ids import MessageID
from bridgekit.models import lane_to_network
from bridgekit.richtext import from_plain


def png(width=2, height=3):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x7f\0\0" * width for _ in range(height))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


PICTURE = png()


@pytest.fixture
async def eye(rig, watch):
    await rig.start()
    return await watch(rig)


@pytest.fixture
def bob(rig):
    return rig.network.person("bob")


async def messages(eye, bob):
    """All that is there once everything was bridged."""
    await bob.say("#room", "end", id="last")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "end")
    await eye.settled()
    shown = ("m.room.message", "m.sticker")
    events = await eye.alice.events(eye.room)
    return [event for event in events if event["type"] in shown][:-1]


async def test_a_picture_with_a_caption_is_one_event(eye, bob):
    await bob.attach("#room", bob.file("cat.png", PICTURE, "image/png"), caption="my cat", id="m1")
    (event,) = await messages(eye, bob)
    content = event["content"]
    assert content["msgtype"] == "m.image"
    assert content["body"] == "my cat"
    assert content["filename"] == "cat.png"
    assert content["info"] | {"mimetype": "image/png", "w": 2, "h": 3} == content["info"]
    assert await eye.alice.download(content["url"]) == PICTURE


async def test_a_file_without_a_caption_goes_by_its_name(eye, bob):
    await bob.attach("#room", bob.file("notes.txt", b"some notes", "text/plain"), id="m1")
    (event,) = await messages(eye, bob)
    assert event["content"]["msgtype"] == "m.file"
    assert event["content"]["body"] == event["content"]["filename"] == "notes.txt"
    assert event["content"]["m.mentions"] == {}


async def test_a_sticker_is_a_sticker_and_its_text_stands_before_it(eye, bob):
    sticker = bob.file("smile.png", PICTURE, "image/png", AttachmentKind.STICKER)
    await bob.attach("#room", sticker, caption="look", id="m1")
    text, event = await messages(eye, bob)
    assert text["content"]["body"] == "look"
    assert event["type"] == "m.sticker"
    assert await eye.alice.download(event["content"]["url"]) == PICTURE


async def test_several_files_are_several_events_that_are_deleted_together(eye, bob):
    files = [bob.file(f"{number}.png", PICTURE, "image/png") for number in range(3)]
    await bob.attach("#room", *files, caption="three", id="m1")
    shown = await messages(eye, bob)
    assert [event["content"]["body"] for event in shown] == ["three", "0.png", "1.png", "2.png"]
    await bob.delete("#room", "m1")
    await bob.say("#room", "gone", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "gone")
    assert await eye.bodies() == ["", "", "", "", "end", "gone"]


async def test_a_file_that_is_not_to_be_had_is_named_and_its_text_is_there(eye, bob):
    lost = bob.file("lost.png", PICTURE, "image/png", size=10**12)
    await bob.attach("#room", lost, caption="see", id="m1")
    text, line = await messages(eye, bob)
    assert text["content"]["body"] == "see"
    assert line["content"]["msgtype"] == "m.notice"
    assert "lost.png" in line["content"]["body"]


async def test_a_caption_is_edited_and_the_file_stays(eye, bob):
    await bob.attach("#room", bob.file("cat.png", PICTURE, "image/png"), caption="cta", id="m1")
    await bob.edit("#room", "m1", "cat")
    first, edit = await messages(eye, bob)
    new = edit["content"]["m.new_content"]
    assert new == {**first["content"], "body": "cat"} | {
        key: new[key] for key in new if key == "dev.bridgekit.marker"
    }
    assert new["url"] == first["content"]["url"]


async def test_another_file_takes_the_place_of_the_first(eye, bob):
    await bob.attach("#room", bob.file("cat.png", PICTURE, "image/png"), id="m1")
    other = bob.file("dog.png", png(4, 4), "image/png")
    message = Message((), attachments=(other,))
    await bob.does("#room", Edit(MessageID("m1"), message, replaces_media=True))
    first, edit = await messages(eye, bob)
    assert edit["content"]["m.relates_to"]["event_id"] == first["event_id"]
    assert edit["content"]["m.new_content"]["filename"] == "dog.png"


async def test_rule_08_parts_that_go_are_no_deletion_on_the_network(eye, bob, rig):
    held = []

    def the_second_redaction_waits(_room, event):
        if event.type == "m.room.redaction" and not held:
            held.append(rig.hs.delay("PUT", "/redact/"))

    rig.hs.world.on_event.append(the_second_redaction_waits)
    await bob.say("#room", "word " * 30_000, id="m1")
    await bob.edit("#room", "m1", "short")
    await rig.hs.wait_for(lambda: held and held[0].struck)
    await rig.hs.pushed()  # the first one came back before the edit is done
    parts = rig.bridge.parts
    await parts.matrix.inbox.drained()
    (portal,) = await parts.portals.in_room(eye.room)
    await parts.queue.idle(lane_to_network(portal.id))
    held[0].release()
    await messages(eye, bob)
    assert not rig.network.acts


async def test_rule_08_a_long_text_that_becomes_short_loses_its_further_parts(eye, bob):
    await bob.say("#room", "word " * 30_000, id="m1")
    before = await messages(eye, bob)
    await bob.edit("#room", "m1", "short")
    await bob.say("#room", "done", id="m2")
    await eye.alice.wait_for(eye.room, lambda event: event["content"].get("body") == "done")
    bodies = await eye.bodies()
    assert len(before) > 1
    assert bodies[1 : len(before)] == [""] * (len(before) - 1)
    assert bodies[-2] == "* short"


async def test_rule_08_a_short_text_that_becomes_long_gets_further_parts(eye, bob):
    text = "word " * 30_000
    await bob.say("#room", "short", id="m1")
    await bob.edit("#room", "m1", text)
    first, edit, *more = await messages(eye, bob)
    assert edit["content"]["m.relates_to"]["event_id"] == first["event_id"]
    pieces = [edit["content"]["m.new_content"], *(event["content"] for event in more)]
    assert " ".join(piece["body"].strip() for piece in pieces).split() == text.split()


async def test_a_profile_for_one_message_shows_in_clients_that_know_none(eye, bob):
    avatar = bob.file("face.png", PICTURE, "image/png")
    profile = Profile("Build bot", avatar)
    await bob.does("#room", Message(from_plain("passed"), profile=profile), id="m1")
    (event,) = await messages(eye, bob)
    shown = event["content"]["com.beeper.per_message_profile"]
    assert shown["displayname"] == "Build bot"
    assert await eye.alice.download(shown["avatar_url"]) == PICTURE
    assert event["content"]["body"] == "Build bot: passed"


@pytest.mark.parametrize("named", [True, False], ids=["named again", "not named"])
async def test_an_edit_keeps_the_profile_that_a_message_was_sent_under(eye, bob, named):
    profile = Profile("Build bot", bob.file("face.png", PICTURE, "image/png"))
    await bob.does("#room", Message(from_plain("pased"), profile=profile), id="m1")
    edit = Message(from_plain("passed"), profile=profile if named else None)
    await bob.does("#room", Edit(MessageID("m1"), edit))
    first, second = await messages(eye, bob)
    new = second["content"]["m.new_content"]
    assert new["body"] == "Build bot: passed"
    assert (
        new["com.beeper.per_message_profile"]
        == (first["content"]["com.beeper.per_message_profile"])
    )


async def test_a_quotation_and_a_forwarded_text_say_what_they_are(eye, bob):
    quote = Message(from_plain("so?"), quote=from_plain("it works"))
    await bob.does("#room", quote, id="m1")
    forwarded = Message(from_plain("news"), forwarded_from="The \u202ePaper")
    await bob.does("#room", forwarded, id="m2")
    first, second = await messages(eye, bob)
    assert first["content"]["body"] == "> it works\nso?"
    assert "<blockquote>" in first["content"]["formatted_body"]
    assert second["content"]["body"] == "Forwarded from The Paper\n> news"
