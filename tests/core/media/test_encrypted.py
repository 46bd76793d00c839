"""Files of encrypted rooms: nobody in between can read them, nor change them unnoticed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from bridgekit import Attachment, AttachmentKind, Rejected
from bridgekit.ids import EventID
from bridgekit.matrix.media_content import media_event
from bridgekit.media.encrypting import Altered, Encrypting, decrypted
from bridgekit.media.file_key import FileKey, in_event, key_of
from bridgekit.media.source import MatrixFile, decode, encode
from bridgekit.media.uploaded import Uploaded
from bridgekit.sealing import Sealing
from tests.core.media.conftest import EVENT, NETWORK, ROOM, Files
from tests.core.media.samples import picture
from tests.core.media.test_links import ask
from tests.core.media.test_uploads import Phone, attached

DATA = bytes(range(256)) * 500
CUTS = [0, 1, 15, 16, 17, 4096, 100_000, len(DATA)]


async def cut(data: bytes, *places: int) -> AsyncIterator[bytes]:
    for start, end in zip((0, *places), (*places, len(data)), strict=True):
        yield data[start:end]


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def all_into(came: list[bytes], pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        came += [piece]


async def encrypted(data: bytes, *places: int) -> tuple[bytes, FileKey]:
    encrypting = Encrypting()
    return await whole(encrypting.pieces(cut(data, *places))), encrypting.key()


@pytest.mark.parametrize("length", [0, 1, 16, 1000, len(DATA)])
async def test_what_was_encrypted_is_decrypted_however_it_is_cut(length: int) -> None:
    data = DATA[:length]
    secret, key = await encrypted(data, *[place for place in CUTS if place <= length])
    assert len(secret) == length
    assert not length or secret != data
    assert await whole(decrypted(cut(secret, *[n for n in (7, 64) if n < length]), key)) == data


async def test_another_implementation_reads_ours_and_we_read_its() -> None:
    attachments = pytest.importorskip("nio.crypto.attachments")
    secret, key = await encrypted(DATA, 1000)
    shown = in_event("mxc://x/y", key)
    mine = (shown["key"]["k"], shown["hashes"]["sha256"], shown["iv"])
    assert attachments.decrypt_attachment(secret, *mine) == DATA
    theirs, fields = attachments.encrypt_attachment(DATA)
    found = key_of(fields)
    assert found is not None
    assert await whole(decrypted(cut(theirs, 999), found)) == DATA


async def test_each_file_has_a_key_of_its_own() -> None:
    one, other = await encrypted(DATA), await encrypted(DATA)
    assert one[0] != other[0]
    assert {one[1].k, one[1].iv}.isdisjoint({other[1].k, other[1].iv})


@pytest.mark.parametrize("place", [0, 70_000, len(DATA) - 1])
async def test_of_what_was_changed_the_end_never_comes(place: int) -> None:
    secret, key = await encrypted(DATA)
    changed = secret[:place] + bytes([secret[place] ^ 1]) + secret[place + 1 :]
    for bad in (changed, secret[:-1], secret + b"x", b""):
        came: list[bytes] = []
        pieces = decrypted(cut(bad, *[n for n in (100_000,) if n < len(bad)]), key)
        with pytest.raises(Altered):
            await all_into(came, pieces)
        assert sum(map(len, came)) < len(DATA)


GOOD: dict[str, Any] = in_event("mxc://x/y", FileKey("k" * 43, "i" * 22, "h" * 43))


@pytest.mark.parametrize(
    "change",
    [
        {"key": None},
        {"key": {**GOOD["key"], "k": "short"}},
        {"key": {**GOOD["key"], "k": 7}},
        {"key": {**GOOD["key"], "alg": "A128CTR"}},
        {"iv": "i" * 23},
        {"iv": None},
        {"hashes": {}},
        {"hashes": {"sha256": "é" * 43}},
        {"hashes": "none"},
        {"v": "v1"},
    ],
    ids=str,
)
def test_a_key_of_no_known_form_is_none(change: dict[str, Any]) -> None:
    assert key_of(GOOD) == FileKey("k" * 43, "i" * 22, "h" * 43)
    assert key_of({**GOOD, **change}) is None


def test_padding_is_no_matter() -> None:
    padded = {**GOOD, "iv": "i" * 22 + "==", "hashes": {"sha256": "h" * 43 + "="}}
    assert key_of(padded) == key_of(GOOD)


def test_a_source_says_how_to_read_its_file() -> None:
    file = MatrixFile("mxc://example.org/abc", ROOM, EVENT, key_of(GOOD))
    assert decode(encode(file)) == file
    with pytest.raises(Rejected):
        decode(json.dumps({**json.loads(encode(file)), "key": {"other": "x"}}))


# Network to Matrix.


async def brought(files: Files, data: bytes, key: str = "job 1", **more: Any) -> Uploaded:
    client: Any = Phone(data)
    return await files.uploads.upload(NETWORK, client, attached(**more), key=key, secret=True)


async def test_the_homeserver_learns_the_size_of_a_file_alone(files: Files) -> None:
    data = picture("PNG", (1600, 900))
    file = await brought(files, data, name="Sunset.png")
    assert file.key is not None
    assert file.thumbnail is not None
    assert file.thumbnail.key not in (None, file.key)
    kept = list(files.hs.world.media.values())
    assert [one.content_type for one in kept] == ["application/octet-stream"] * 2
    assert not any(one.data and b"PNG" in one.data[:8] for one in kept)
    assert await whole(decrypted(cut(files.stored[0]), file.key)) == data
    kind, content = media_event(file)
    assert (kind, content["msgtype"]) == ("m.room.message", "m.image")
    assert content["file"] == in_event(file.mxc, file.key)
    assert content["info"]["thumbnail_file"]["url"] == file.thumbnail.mxc
    assert "url" not in content
    assert "thumbnail_url" not in content["info"]


async def test_a_sticker_is_a_picture(files: Files) -> None:
    file = await brought(files, picture("PNG", (60, 60)), kind="sticker")
    kind, content = media_event(file)
    assert (kind, content["msgtype"]) == ("m.room.message", "m.image")
    assert content["file"]["url"] == file.mxc


async def test_what_is_tried_again_is_the_same_file_and_its_key_is_sealed(files: Files) -> None:
    first = await brought(files, DATA)
    assert await brought(files, DATA) == first
    assert await brought(files, DATA, key="job 2") != first
    row = await files.store.reader.first(text("SELECT COUNT(*) AS n FROM upload"), {})
    assert row is not None
    assert row.n == 2
    assert first.key is not None
    for body in await _bodies(files):
        assert body.startswith("sealed:")
        assert first.key.k not in body
    # Without the key that it was sealed with it is brought once more, with another one.
    files.uploads = files.made_uploads(sealing=Sealing([b"another"]))
    again = await brought(files, DATA)
    assert again.key not in (None, first.key)


async def test_the_same_file_of_a_plain_room_is_another_one(files: Files) -> None:
    client: Any = Phone(DATA)
    plain = await files.uploads.upload(NETWORK, client, attached(), key="job 1")
    secret = await brought(files, DATA)
    assert plain.key is None
    assert secret.mxc != plain.mxc
    assert await files.uploads.upload(NETWORK, client, attached(), key="job 1") == plain


async def _bodies(files: Files) -> list[str]:
    rows = await files.store.reader.all(text("SELECT body FROM upload"), {})
    return [row.body for row in rows]


# Matrix to network.


async def of(files: Files, data: bytes = DATA, name: str = "notes.txt") -> Attachment:
    secret, key = await encrypted(data)
    mxc = await files.put(secret, "application/octet-stream")
    source = encode(MatrixFile(mxc, ROOM, EVENT, key))
    return Attachment(AttachmentKind.FILE, source, name, "text/plain")


async def test_an_adapter_reads_it_as_it_was(files: Files) -> None:
    async with files.opened.open(await of(files)) as file:
        assert file.read() == DATA


async def test_one_that_was_changed_is_refused_by_name(files: Files) -> None:
    attachment = await of(files)
    (media,) = files.hs.world.media.values()
    assert media.data is not None
    media.data = media.data[:-1] + b"\0" + b"\0"
    with pytest.raises(Rejected, match=r"notes\.txt could not be bridged\. What the homeserver"):
        async with files.opened.open(attachment):
            pass


async def shown(files: Files, attachment: Attachment, *, edited: bool = False) -> str:
    """A public link to a file that an event of a room shows."""
    alice = files.hs.person("alice")
    room = await alice.create_room(invite=["@bot:example.org"])
    await files.intents.join(None, room)
    source = decode(attachment.source)
    assert source.key is not None
    content: Any = {"msgtype": "m.file", "body": "x", "file": in_event(source.mxc, source.key)}
    event = await alice.send(
        room,
        "m.room.message",
        {"msgtype": "m.text", "body": "old", "m.new_content": content} if edited else content,
    )
    where = MatrixFile(source.mxc, room, EventID(event), source.key)
    link = await files.links.link(Attachment(attachment.kind, encode(where), attachment.name))
    return files.here(link)


@pytest.mark.parametrize("how", ["said", "edited"])
async def test_a_public_link_shows_it_and_parts_of_it(files: Files, how: str) -> None:
    link = await shown(files, await of(files), edited=how == "edited")
    status, _, body = await ask(files, link)
    assert (status, body) == (200, DATA)
    status, headers, body = await ask(files, link, Range="bytes=70001-70010")
    assert (status, body) == (206, DATA[70001:70011])
    assert headers["Content-Range"] == f"bytes 70001-70010/{len(DATA)}"


async def test_a_public_link_to_what_was_changed_breaks_off(files: Files) -> None:
    link = await shown(files, await of(files))
    (media,) = files.hs.world.media.values()
    assert media.data is not None
    media.data = bytes(len(media.data))
    with pytest.raises(Exception, match=r"payload|closed|disconnected"):
        await ask(files, link)


async def test_a_public_link_whose_event_nobody_can_read_any_more_is_gone(files: Files) -> None:
    attachment = await of(files)
    link = files.here(await files.links.link(attachment))  # of an event that is not there
    async with asyncio.timeout(60):
        status, _, body = await ask(files, link)
    assert status in (404, 410)
    assert DATA[:100] not in body
