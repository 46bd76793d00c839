"""Pictures are measured by their headers, and decoded only where that is safe."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from bridgekit.media.location import forget_place
from bridgekit.media.pictures import Picture, Unreadable, measured, thumbnail
from tests.core.media.samples import animation, bomb, picture, placed


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_picture_is_measured(form: str) -> None:
    assert measured(BytesIO(picture(form))) == Picture(40, 30, animated=False)


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_a_moving_picture_is_known(form: str) -> None:
    assert measured(BytesIO(animation(form))) == Picture(20, 10, animated=True)


def test_a_picture_on_its_side_is_measured_upright() -> None:
    assert measured(BytesIO(placed("JPEG"))) == Picture(30, 40, animated=False)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", picture()[:30], b"no picture at all"])
def test_what_is_no_picture_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        measured(BytesIO(data))


@pytest.mark.parametrize("lossless", [True, False])
def test_both_kinds_of_webp_are_measured(*, lossless: bool) -> None:
    data = BytesIO(picture("WEBP", (123, 45), lossless=lossless))
    assert measured(data) == Picture(123, 45, animated=False)


def vast_webp() -> bytes:
    side = (16_383).to_bytes(3, "little")
    return b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + side + side + b"\0" * 300


def test_a_picture_bomb_is_not_decoded() -> None:
    assert measured(BytesIO(bomb(9000, 9000))).too_large
    with pytest.raises(Unreadable):
        thumbnail(BytesIO(bomb(9000, 9000)))
    with pytest.raises(Unreadable):
        thumbnail(BytesIO(vast_webp()))
    assert measured(BytesIO(vast_webp())) == Picture(16_384, 16_384, animated=True)
    with pytest.raises(Unreadable):  # beyond what the library itself opens
        measured(BytesIO(bomb(60_000, 60_000)))


def test_a_large_picture_has_a_thumbnail_and_a_small_one_none() -> None:
    small = thumbnail(BytesIO(picture("JPEG", (2000, 1000))))
    assert small is not None
    assert (small.mime, small.width, small.height) == ("image/jpeg", 800, 400)
    assert Image.open(BytesIO(small.data)).size == (800, 400)
    assert thumbnail(BytesIO(picture())) is None


def test_a_picture_that_breaks_off_has_no_thumbnail() -> None:
    with pytest.raises(Unreadable):
        thumbnail(BytesIO(picture("PNG", (2000, 1000))[:100]))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_place_is_forgotten_and_the_rest_is_kept(form: str) -> None:
    data = placed(form)
    file = BytesIO(data)
    forget_place(file)
    after = file.getvalue()
    exif = Image.open(BytesIO(after)).getexif()
    assert Image.open(BytesIO(data)).getexif().get_ifd(0x8825)
    assert not exif.get_ifd(0x8825)
    assert (exif[0x0112], exif[0x013B]) == (6, "The Artist")
    assert len(after) == len(data)
    Image.open(BytesIO(after)).load()  # its checksums are right


def test_metadata_that_tells_of_the_place_in_words_is_blanked() -> None:
    words = b"<?xpacket?><x:xmpmeta><exif:GPSLatitude>48,51.5N</exif:GPSLatitude></x:xmpmeta>"
    file = BytesIO(picture("JPEG", xmp=words))
    forget_place(file)
    assert b"48,51" not in file.getvalue()
    Image.open(file).load()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_broken_metadata_is_left_alone(form: str) -> None:
    data = placed(form)
    for end in range(0, len(data), 7):
        forget_place(BytesIO(data[:end] + b"\xff" * 20))
