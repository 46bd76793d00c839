"""Animated stickers (TGS): pictures that move, where the converter is installed."""

import gzip
import json
from io import BytesIO

import pytest
from PIL import Image

from bridgekit import AttachmentKind, Rejected, plain
from bridges.telegram import animated

GROUP = -1001
STICKER = {"width": 512, "height": 512, "type": "regular", "emoji": "🦊"}
FLAGS = {"is_animated": True, "is_video": False}


def still(value):
    return {"a": 0, "k": value}


def tgs(frames=60):
    """A red square that turns."""
    square = {"ty": "rc", "d": 1, "s": still([200, 200]), "p": still([0, 0]), "r": still(0)}
    red = {"ty": "fl", "c": still([1, 0, 0, 1]), "o": still(100), "r": 1}
    here = {"p": still([0, 0]), "a": still([0, 0]), "s": still([100, 100]), "o": still(100)}
    group = {"ty": "gr", "nm": "g", "it": [square, red, {"ty": "tr", "r": still(0), **here}]}
    ease = {"i": {"x": [0.8], "y": [0.8]}, "o": {"x": [0.2], "y": [0.2]}}
    turns = {"a": 1, "k": [{**ease, "t": 0, "s": [0]}, {"t": frames, "s": [90]}]}
    middle = {"p": still([256, 256, 0]), "a": still([0, 0, 0]), "s": still([100, 100, 100])}
    time = {"ip": 0, "op": frames}
    layer = {
        "ddd": 0,
        "ind": 1,
        "ty": 4,
        "nm": "l",
        "sr": 1,
        "st": 0,
        "bm": 0,
        "ao": 0,
        **time,
        "ks": {"o": still(100), "r": turns, **middle},
        "shapes": [group],
    }
    size = {"w": 512, "h": 512, "fr": 60, **time}
    drawing = {"v": "5.5.2", "nm": "x", "ddd": 0, "assets": [], "layers": [layer], **size}
    return gzip.compress(json.dumps(drawing).encode())


async def sent(place, data, **about):
    (event,) = await place.hears(
        lambda: place.people.send_file("Bob", GROUP, "sticker", data, **STICKER, **FLAGS, **about)
    )
    return event


async def downloaded(place, event):
    (attachment,) = event.content.attachments
    assert attachment.kind is AttachmentKind.STICKER
    return b"".join([piece async for piece in place.client.download(attachment)])


async def test_an_animated_sticker_moves_where_the_converter_is_installed(place):
    event = await sent(place, tgs())
    assert plain(event.content.text) == ""
    with Image.open(BytesIO(await downloaded(place, event))) as picture:
        assert (picture.format, picture.size, picture.n_frames) == ("WEBP", (256, 256), 31)
        first = picture.convert("RGBA").getpixel((128, 128))
    assert first[0] > 200
    assert first[3] == 255


@pytest.mark.parametrize(
    "data",
    [b"no sticker", gzip.compress(b"{}"), gzip.compress(bytes(5_000_000)), bytes(1_000_001)],
    ids=["no archive", "no drawing", "a bomb", "too large"],
)
async def test_one_that_cannot_be_converted_is_its_picture(place, data):
    small = place.state.files.described(b"small", "thumbs", width=128, height=128)
    event = await sent(place, data, thumbnail=small)
    assert await downloaded(place, event) == b"small"


async def test_one_without_a_picture_is_told(place):
    event = await sent(place, b"no sticker")
    with pytest.raises(Rejected, match="cannot be shown on Matrix"):
        await downloaded(place, event)


async def test_a_converter_that_does_not_end_is_ended(monkeypatch, tmp_path):
    process = tmp_path / "process.py"
    process.write_text("import signal; signal.pause()")
    monkeypatch.setattr(animated, "_PROCESS", process)
    monkeypatch.setattr(animated, "_PATIENCE", 0.1)
    with pytest.raises(Rejected):
        await animated.moving(b"")


async def test_a_custom_emoji_that_moves_is_known_by_its_picture(place):
    small = place.state.files.described(b"small", "thumbs", width=100, height=100)
    for name, flags in (("1", FLAGS), ("2", {"is_animated": False, "is_video": True})):
        emoji = place.state.files.described(b"x", **{**STICKER, "type": "custom_emoji"}, **flags)
        place.fake.chats.custom_emoji[name] = {**emoji, "thumbnail": small}
        found = await place.client.emoji(name)
        pieces = [piece async for piece in place.client.download(found)]
        assert b"".join(pieces) == b"small"
