"""Pictures are measured by their headers, and decoded only where that is safe."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from bridgekit.media.location import forget_place
from bridgekit.media.pictures import Picture, Unreadable, measured, shrunk, thumbnail
from tests.core.media.samples import (
    animation,
    bomb,
    noise,
    picture,
    placed,
    placed_tiff,
    with_app1,
)


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


EXIF = b"Exif\0\0" + placed_tiff()
XMP = "<x:xmpmeta><exif:GPSLatitude>48,51.5N</exif:GPSLatitude></x:xmpmeta>"


def after(data: bytes) -> Image.Image:
    """What others see of a picture whose place was forgotten; it can still be shown."""
    file = BytesIO(data)
    forget_place(file)
    assert len(file.getvalue()) == len(data)
    shown = Image.open(file)
    shown.load()
    return shown


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "data",
    [
        with_app1(EXIF),
        with_app1(EXIF, before=b"\xff\xff\xff"),
        with_app1(EXIF, before=b"\xff\xfe\0\2rubbish"),
        with_app1(EXIF, before=b"\xff\xd0"),
        with_app1(EXIF, before=b"\xff\xfe\0\0"),
        with_app1(b"Exif\0\0" + placed_tiff(told=9)),
        with_app1(b"Exif\0\0" + placed_tiff(told=65_535)),
    ],
    ids=["plain", "fill bytes", "rubbish", "alone", "too short", "count", "vast count"],
)
def test_the_place_is_forgotten_however_oddly_it_is_written(data: bytes) -> None:
    assert Image.open(BytesIO(data)).getexif().get_ifd(0x8825)
    assert not after(data).getexif().get_ifd(0x8825)


def raw_profile(kind: str, data: bytes) -> str:
    """Metadata as ImageMagick writes it into a PNG."""
    return f"\n{kind}\n{len(data):8}\n{data.hex()}\n"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("Raw profile type exif", raw_profile("exif", EXIF)),
        ("Raw profile type APP1", raw_profile("generic profile", EXIF)),
        ("Raw profile type xmp", raw_profile("xmp", XMP.encode())),
        ("Raw profile type exif", "\nexif\n0\nno hexadecimal numbers"),
        ("XML:com.adobe.xmp", XMP),
    ],
)
@pytest.mark.parametrize("international", [True, False])
def test_the_place_is_forgotten_in_the_texts_of_a_png(
    *, packed: bool, keyword: str, text: str, international: bool
) -> None:
    info = PngImagePlugin.PngInfo()
    add = info.add_itxt if international else info.add_text
    add(keyword, text, zip=packed)
    add("Author", "somebody", zip=packed)
    shown = after(picture(pnginfo=info))
    assert not shown.getexif().get_ifd(0x8825)
    assert keyword not in shown.info
    assert shown.info["Author"] == "somebody"


def test_a_text_of_a_png_without_a_place_is_kept() -> None:
    info = PngImagePlugin.PngInfo()
    text = raw_profile("exif", b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    info.add_text("Raw profile type exif", text, zip=True)
    assert after(picture(pnginfo=info)).info["Raw profile type exif"] == text


def test_a_packed_text_that_is_a_bomb_is_not_unpacked() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", "0" * (40 << 20), zip=True)
    assert "Raw profile type exif" not in after(picture(pnginfo=info)).info


def test_words_of_the_place_without_a_beginning_are_blanked() -> None:
    assert b"GPS" not in after(with_app1(b"GPS xpacket nothing")).info.get("exif", b"")
    piece = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + b"exif:GPSLatitude=48,51"
    file = BytesIO(with_app1(piece))
    forget_place(file)
    assert b"48,51" not in file.getvalue()


@pytest.mark.parametrize("most", [300_000, 50_000, 30_000])
def test_a_picture_is_made_as_small_as_a_network_wants_it(most: int) -> None:
    small = shrunk(BytesIO(noise((900, 600))), most)
    assert len(small.data) <= most
    again = measured(BytesIO(small.data))
    assert (again.width, again.height) == (small.width, small.height)
    assert abs(small.width / small.height - 1.5) < 0.05
    assert (small.width == 900) is (most == 300_000)


def test_a_picture_that_is_made_smaller_stands_upright_and_tells_nothing_else() -> None:
    small = shrunk(BytesIO(placed("JPEG")), 100_000)
    assert (small.width, small.height) == (30, 40)
    assert b"The Artist" not in small.data


def test_what_is_clear_in_a_picture_is_white_when_it_is_made_smaller() -> None:
    out = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    small = shrunk(out, 100_000)
    assert Image.open(BytesIO(small.data)).getpixel((5, 5)) == (255, 255, 255)


def test_what_cannot_be_made_smaller_is_unreadable() -> None:
    for data, most in ((bomb(20_000, 20_000), 1_000_000), (b"no picture", 1_000), (picture(), 10)):
        with pytest.raises(Unreadable):
            shrunk(BytesIO(data), most)
