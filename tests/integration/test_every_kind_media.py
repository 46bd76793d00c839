"""Files of every kind, both ways, on a real Synapse; and what a network without them gets."""

from __future__ import annotations

import math

import pytest
from aiohttp import ClientSession

from bridgekit.facts import AttachmentKind
from bridgekit.richtext import Link, Text
from bridgekit.testing.loopback.files import File
from tests.core.media.samples import MP4, OGG, PDF, picture

pytestmark = [pytest.mark.synapse, pytest.mark.asyncio(loop_scope="session")]

PNG = picture()

# kind, name, type, bytes, msgtype
FILES = [
    (AttachmentKind.IMAGE, "cat.png", "image/png", PNG, "m.image"),
    (AttachmentKind.FILE, "paper.pdf", "application/pdf", PDF, "m.file"),
    (AttachmentKind.AUDIO, "song.ogg", "audio/ogg", OGG, "m.audio"),
    (AttachmentKind.VIDEO, "film.mp4", "video/mp4", MP4, "m.video"),
]
BY_KIND = pytest.mark.parametrize(
    ("kind", "name", "mime", "data", "msgtype"), FILES, ids=[str(file[0]) for file in FILES]
)


async def carried(place) -> File:
    """The file of the first message that the chat has."""
    await place.until(lambda: place.over_there.messages)
    (told,) = place.over_there.messages.values()
    (attachment,) = told.content.attachments
    return place.network.files[attachment.source]


async def of_type(place, msgtype):
    return await place.seen(lambda event: event["content"].get("msgtype") == msgtype)


@BY_KIND
async def test_a_file_of_each_kind_to_the_network(place, kind, name, mime, data, msgtype):
    info = {"w": 40, "h": 30} if kind is AttachmentKind.IMAGE else {"duration": 1500}
    await place.alice.send_file(place.room, name, mime, data, kind=msgtype, info=info)
    file = await carried(place)
    sent = file.attachment
    assert (sent.kind, sent.name, sent.mime, sent.size) == (kind, name, mime, len(data))
    assert file.data == data
    if kind is AttachmentKind.IMAGE:
        assert (sent.width, sent.height) == (40, 30)
    elif kind is not AttachmentKind.FILE:
        assert sent.duration == pytest.approx(1.5)
    (told,) = place.over_there.messages.values()
    assert told.text == ""


@BY_KIND
async def test_a_file_of_each_kind_to_matrix(place, kind, name, mime, data, msgtype):
    bob = place.someone()
    await bob.attach(place.chat, bob.file(name, data, mime, kind))
    event = await of_type(place, msgtype)
    content = event["content"]
    assert event["sender"] == place.ghost(bob.user)
    assert (content["body"], content["filename"], content["m.mentions"]) == (name, name, {})
    assert (content["info"]["mimetype"], content["info"]["size"]) == (mime, len(data))
    assert await place.alice.download(content["url"]) == data
    if kind is AttachmentKind.IMAGE:
        assert (content["info"]["w"], content["info"]["h"]) == (40, 30)


async def test_a_voice_message_to_the_network(place):
    await place.alice.voice(place.room, OGG, 1500)
    file = await carried(place)
    assert (file.attachment.kind, file.data) == (AttachmentKind.VOICE, OGG)
    assert math.isclose(file.attachment.duration, 1.5)


async def test_a_voice_message_to_matrix(place):
    bob = place.someone()
    await bob.attach(
        place.chat, bob.file("voice.ogg", OGG, "audio/ogg", AttachmentKind.VOICE, duration=1.5)
    )
    content = (await of_type(place, "m.audio"))["content"]
    assert content["org.matrix.msc3245.voice"] == {}
    assert content["info"]["duration"] == 1500
    assert await place.alice.download(content["url"]) == OGG


async def test_a_sticker_to_the_network(place):
    await place.alice.sticker(place.room, "a happy cat", "image/png", PNG)
    file = await carried(place)
    assert (file.attachment.kind, file.data) == (AttachmentKind.STICKER, PNG)


async def test_a_sticker_to_matrix(place):
    bob = place.someone()
    await bob.attach(place.chat, bob.file("happy", PNG, "image/png", AttachmentKind.STICKER))
    event = await place.seen(lambda event: event["type"] == "m.sticker")
    info = event["content"]["info"]
    assert (info["mimetype"], info["w"], info["h"]) == ("image/png", 40, 30)
    assert await place.alice.download(event["content"]["url"]) == PNG


async def test_a_caption_to_the_network(place):
    await place.alice.send_file(place.room, "cat.png", "image/png", PNG, caption="my cat")
    told = await place.told("my cat")
    assert [file.name for file in told.content.attachments] == ["cat.png"]


async def test_a_caption_to_matrix(place):
    bob = place.someone()
    await bob.attach(place.chat, bob.file("cat.png", PNG, "image/png"), caption="my cat")
    content = (await of_type(place, "m.image"))["content"]
    assert (content["body"], content["filename"]) == ("my cat", "cat.png")


async def test_several_files_in_one_message_to_matrix(place):
    bob = place.someone()
    files = [bob.file(f"{n}.png", picture(size=(40, n)), "image/png") for n in (10, 20)]
    await bob.attach(place.chat, *files, caption="two cats", id="album")
    last = await place.shown("20.png")
    bodies = [body for body in await place.alice.bodies(place.room) if body]
    assert bodies == ["two cats", "10.png", "20.png"]
    await bob.delete(place.chat, "album")
    await place.redacted(last["event_id"])
    assert [body for body in await place.alice.bodies(place.room) if body] == []


async def test_several_files_one_after_the_other_to_the_network(place):
    """Matrix has no message with several files."""
    for name in ("1.png", "2.png"):
        await place.alice.send_file(place.room, name, "image/png", PNG)
    await place.until(lambda: len(place.over_there.messages) == 2)
    sent = [told.content.attachments for told in place.over_there.messages.values()]
    assert [[file.name for file in files] for files in sent] == [["1.png"], ["2.png"]]


async def test_a_network_without_files_gets_links_that_open(bare):
    await bare.alice.send_file(bare.room, "paper.pdf", "application/pdf", PDF, caption="read it")
    await bare.told("read it")
    first, caption = bare.over_there.messages.values()
    (link,) = [node for node in first.content.text if isinstance(node, Link)]
    assert first.text.startswith("sent a file: paper.pdf")
    assert caption.content.text == (Text("read it"),)
    async with ClientSession() as http, http.get(link.url) as answer:
        assert (answer.status, await answer.read()) == (200, PDF)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    await bare.notice("sent as a link")


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (
            lambda p: p.alice.send_file(p.room, "cat.png", "image/png", PNG),
            "sent an image: cat.png",
        ),
        (lambda p: p.alice.send_file(p.room, "s.ogg", "audio/ogg", OGG), "sent an audio file"),
        (lambda p: p.alice.send_file(p.room, "f.mp4", "video/mp4", MP4), "sent a video: f.mp4"),
        (lambda p: p.alice.voice(p.room, OGG), "sent a voice message"),
        (lambda p: p.alice.sticker(p.room, "happy", "image/png", PNG), "sent a sticker: happy"),
    ],
    ids=["image", "audio", "video", "voice", "sticker"],
)
async def test_a_file_of_every_other_kind_is_a_link_too(bare, send, words):
    await send(bare)
    await bare.until(lambda: any(text.startswith(words) for text in bare.over_there.texts()))
    await bare.notice("sent as a link")


async def test_a_link_is_dead_once_its_message_is_deleted(bare):
    event = await bare.alice.send_file(bare.room, "paper.pdf", "application/pdf", PDF)
    await bare.until(lambda: bare.over_there.messages)
    (told,) = bare.over_there.messages.values()
    (link,) = [node for node in told.content.text if isinstance(node, Link)]
    await bare.alice.redact(bare.room, event)
    await bare.notice("cannot take messages back")
    async with ClientSession() as http, http.get(link.url) as answer:
        assert answer.status in (404, 410)
