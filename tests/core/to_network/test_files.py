"""Files on their way to a network: as what it takes them, or as a link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.facts import AttachmentKind
from bridgekit.ids import RoomID
from bridgekit.media.encrypting import Encrypting
from bridgekit.media.file_key import in_event
from bridgekit.supports import SupportsDelete, SupportsEdit
from tests.core.to_network.conftest import status_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
KIND = AttachmentKind


def takes(stage, *kinds: AttachmentKind) -> None:
    stage.network.limits = replace(stage.network.limits, attachments=frozenset(kinds))


async def sent(stage):
    """The only attachment of the first message that the network heard."""
    await stage.network.wait(lambda: bool(stage.network.heard))
    (attachment,) = stage.network.heard[0].message.attachments
    return attachment


async def test_a_picture_arrives_with_its_bytes_and_what_is_known_of_it(stage):
    room = await stage.begin()
    info = {"w": 4, "h": 3}
    await stage.alice.send_file(room, "cat.png", "image/png", PNG, info=info)
    picture = await sent(stage)
    assert (picture.kind, picture.name, picture.mime) == (KIND.IMAGE, "cat.png", "image/png")
    assert (picture.size, picture.width, picture.height) == (len(PNG), 4, 3)
    assert stage.network.files[picture.source].data == PNG
    assert stage.network.texts() == [""]


async def test_a_caption_is_the_text(stage):
    room = await stage.begin()
    await stage.alice.send_file(room, "cat.png", "image/png", PNG, caption="my cat")
    assert (await sent(stage)).name == "cat.png"
    assert stage.network.texts() == ["my cat"]


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("application/pdf", KIND.FILE),
        ("audio/ogg", KIND.AUDIO),
        ("video/mp4", KIND.VIDEO),
    ],
)
async def test_every_kind_of_file_is_one_there(stage, mime, kind):
    room = await stage.begin()
    await stage.alice.send_file(room, "some.bin", mime, b"data")
    assert (await sent(stage)).kind is kind


async def test_a_voice_message_and_a_sticker_are_such(stage):
    room = await stage.begin()
    await stage.alice.voice(room, b"OggS", 2500)
    await stage.alice.sticker(room, "wave", "image/webp", b"RIFF")
    await stage.network.wait(lambda: len(stage.network.heard) == 2)
    voice, sticker = [heard.message.attachments[0] for heard in stage.network.heard]
    assert (voice.kind, voice.duration) == (KIND.VOICE, 2.5)
    assert sticker.kind is KIND.STICKER


@pytest.mark.parametrize(
    ("takes_these", "verb", "becomes"),
    [
        ({KIND.IMAGE, KIND.FILE}, "sticker", KIND.IMAGE),
        ({KIND.FILE}, "sticker", KIND.FILE),
        ({KIND.AUDIO, KIND.FILE}, "voice", KIND.AUDIO),
        ({KIND.FILE}, "voice", KIND.FILE),
        ({KIND.FILE}, "image", KIND.FILE),
    ],
)
async def test_what_a_network_does_not_know_becomes_what_is_next_to_it(
    stage, takes_these, verb, becomes
):
    takes(stage, *takes_these)
    room = await stage.begin()
    if verb == "sticker":
        await stage.alice.sticker(room, "wave", "image/webp", b"RIFF")
    elif verb == "voice":
        await stage.alice.voice(room, b"OggS")
    else:
        await stage.alice.send_file(room, "cat.png", "image/png", PNG)
    assert (await sent(stage)).kind is becomes


async def linked(stage) -> str:
    """The address that the network was told."""
    await stage.network.wait(lambda: bool(stage.network.heard))
    return stage.network.texts()[0].split()[-1]


async def test_a_file_becomes_a_link_where_the_network_takes_none(public):
    takes(public)
    room = await public.begin()
    await public.alice.send_file(room, "cat.png", "image/png", PNG * 400, caption="my cat")
    await public.network.wait(lambda: len(public.network.heard) == 2)
    line, caption = public.network.texts()
    assert line.startswith("sent an image: cat.png (12 KiB) http")
    assert public.network.heard[0].message.kind == "emote"
    assert caption == "my cat"
    assert await status_of(await linked(public)) == 200
    await public.notice("yours was sent as a link")


@pytest.mark.parametrize("limit", [{"media": 5}, {"mime": frozenset({"text/plain"})}])
async def test_a_file_that_is_too_large_or_of_another_type_becomes_a_link(public, limit):
    public.network.limits = replace(public.network.limits, **limit)
    room = await public.begin()
    await public.alice.send_file(room, "cat.png", "image/png", PNG)
    assert "sent an image: cat.png" in (await linked(public), public.network.texts()[0])[1]


@pytest.mark.parametrize("lacks", [frozenset(), frozenset({SupportsDelete})])
async def test_a_redaction_revokes_the_link_whatever_the_network_takes_back(public, lacks):
    takes(public)
    public.network.lacks = lacks
    room = await public.begin()
    event = await public.alice.send_file(room, "cat.png", "image/png", PNG)
    url = await linked(public)
    assert await status_of(url) == 200
    await public.alice.redact(room, event)
    await public.ended(2)
    assert await status_of(url) in (404, 410)


@pytest.mark.parametrize("gone", ["unlinked", "upgraded"])
async def test_a_redaction_revokes_the_link_where_the_room_is_a_portal_no_more(public, gone):
    takes(public)
    room = await public.begin()
    event = await public.alice.send_file(room, "cat.png", "image/png", PNG)
    url = await linked(public)
    assert await status_of(url) == 200
    (portal,) = await public.parts.portals.in_room(room)
    if gone == "unlinked":
        await public.parts.matrix.rooms.unlinking.unlink(portal)
    else:
        await public.parts.portals.rebind(portal, RoomID("!new:example.org"))
    await public.alice.redact(room, event)
    await public.hs.pushed()
    await public.parts.matrix.inbox.drained()
    assert await status_of(url) == 410


async def test_a_redaction_in_another_room_revokes_nothing(public):
    takes(public)
    room = await public.begin()
    event = await public.alice.send_file(room, "cat.png", "image/png", PNG)
    url = await linked(public)
    other = {"type": "m.room.redaction", "redacts": event, "room_id": "!mine:example.org"}
    await public.push("$forged", {}, **other)
    await public.parts.matrix.inbox.drained()
    assert await status_of(url) == 200


async def test_without_a_public_address_a_file_is_refused_visibly(stage):
    takes(stage)
    room = await stage.begin()
    await stage.alice.send_file(room, "cat.png", "image/png", PNG)
    notice = await stage.notice("loop does not take this file (cat.png).")
    assert "no public address" in notice["body"]
    assert stage.network.acts == []


async def test_a_caption_is_sent_even_if_its_file_is_not(stage):
    takes(stage)
    room = await stage.begin()
    await stage.alice.send_file(room, "cat.png", "image/png", PNG, caption="my cat")
    await stage.heard("my cat")
    await stage.notice("The file was not sent.")


async def test_an_operator_may_want_no_links(public):
    takes(public)
    public.rig.network_settings["fallbacks"] = FallbackSettings(image="nothing")
    room = await public.begin()
    await public.alice.send_file(room, "cat.png", "image/png", PNG)
    await public.notice("was not bridged")
    assert public.network.acts == []


@pytest.mark.parametrize(
    "info",
    [
        "nonsense",
        {"size": -5, "w": "wide", "h": True, "mimetype": 7, "duration": 1e400},
        {"size": 10**30, "w": 2.5, "mimetype": "image/png\r\nX: y", "duration": None},
    ],
)
async def test_what_info_says_is_not_believed(stage, info):
    await stage.begin()
    uri = await stage.alice.upload(PNG)
    content = {"msgtype": "m.image", "body": "../../a\u202egnp.exe", "url": uri, "info": info}
    await stage.push("$lies", content)
    picture = await sent(stage)
    assert picture.size is None
    assert picture.mime is None
    assert picture.name == "agnp.exe"
    assert stage.network.files[picture.source].data == PNG


@pytest.mark.parametrize("url", [None, 7, "http://evil.example/", "mxc://../x", ""])
async def test_a_file_that_is_not_on_matrix_is_refused(stage, url):
    await stage.begin()
    await stage.push("$nowhere", {"msgtype": "m.file", "body": "x", "url": url})
    await stage.notice("It names no file on Matrix")
    assert stage.network.acts == []


async def encrypted(stage, data=PNG):
    """As a client shows a file in an encrypted room."""
    encrypting = Encrypting()

    async def pieces():
        yield data

    secret = b"".join([piece async for piece in encrypting.pieces(pieces())])
    uri = await stage.alice.upload(secret, "application/octet-stream")
    file = in_event(uri, encrypting.key())
    return {"msgtype": "m.image", "body": "cat.png", "info": {"mimetype": "image/png"}}, file


async def test_an_encrypted_file_arrives_as_it_was(stage):
    await stage.begin()
    content, file = await encrypted(stage)
    await stage.push("$secret", {**content, "file": file})
    picture = await sent(stage)
    assert (picture.name, picture.mime) == ("cat.png", "image/png")
    assert stage.network.files[picture.source].data == PNG


async def test_an_encrypted_file_that_is_not_what_was_uploaded_is_refused_visibly(stage):
    await stage.begin()
    content, file = await encrypted(stage)
    other = {**file, "hashes": {"sha256": "x" * 43}}
    await stage.push("$changed", {**content, "file": other})
    await stage.notice("What the homeserver has of it is not what its sender uploaded")
    assert stage.network.acts == []


async def test_a_file_that_is_encrypted_in_another_way_is_refused_visibly(stage):
    await stage.begin()
    file = {"url": "mxc://example.org/x", "key": {}, "iv": ""}
    await stage.push("$sealed", {"msgtype": "m.file", "body": "x", "file": file})
    await stage.notice("Its file is encrypted in a way that the bridge does not know")


async def test_an_edited_caption_keeps_the_picture_and_another_picture_is_told(stage):
    from bridgekit.events import Edit

    room = await stage.begin()
    event = await stage.alice.send_file(room, "cat.png", "image/png", PNG, caption="my cat")
    await stage.ended()
    before = (await stage.alice.event(room, event))["content"]
    for change in ({"body": "my dog"}, {"url": await stage.alice.upload(b"dog", "image/png")}):
        new = {**before, **change}
        relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
        await stage.alice.send(room, "m.room.message", {**new, "m.new_content": new} | relation)
    await stage.ended(3)
    assert [edit.replaces_media for edit in stage.network.acted(Edit)] == [False, True]


async def test_a_picture_that_cannot_be_edited_is_sent_anew(stage):
    stage.network.lacks = frozenset({SupportsEdit})
    room = await stage.begin()
    event = await stage.alice.send_file(room, "cat.png", "image/png", PNG, caption="my cat")
    await stage.ended()
    before = (await stage.alice.event(room, event))["content"]
    new = {**before, "body": "my dog"}
    relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}
    await stage.alice.send(room, "m.room.message", {**new, "m.new_content": new} | relation)
    await stage.heard("my cat", "* my dog")
