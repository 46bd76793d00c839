"""Files from outside: what they are, how large, where they were made, what they are called."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from io import BytesIO

from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from bridgekit.facts import AttachmentKind
from bridgekit.media.location import forget_place
from bridgekit.media.names import LONGEST, cleaned, ending
from bridgekit.media.pictures import Unreadable, measured, thumbnail
from bridgekit.media.sniff import UNKNOWN, kind_of, type_of
from bridgekit.web.ranges import Unsatisfiable, asked_for
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

_HEADS = [
    *(
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8\xff\xe1\x00\x20Exif\0\0II*\0",
        b"GIF89a",
    ),
    *(b"RIFF\x24\0\0\0WEBPVP8X", b"RIFF\x24\0\0\0WEBPVP8L", b"BM", b"\0\0\0\x18ftypmp42", b"OggS"),
    *(
        b"PK\x03\x04",
        b"<svg",
        b"<!DOCTYPE html>",
        b"\xff\xfe<\0s\0",
        b"%PDF-1.4",
        b"\x1f\x8b",
        b"ID3",
    ),
]


def _picture(kind: str, exif: bytes) -> bytes:
    out = BytesIO()
    more = {} if kind == "GIF" else {"exif": b"Exif\0\0" + exif}
    Image.new("RGB", (3, 2)).save(out, kind, **more)
    return out.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_EXIF = st.builds(
    lambda order, rest: order + rest,
    st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II*\0\xff\xff\xff\xff", b"XX"]),
    st.binary(max_size=80),
)
_WHOLE = st.builds(_picture, st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), _EXIF)
_PNG = st.builds(
    lambda kind, data: b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", b"\0" * 13) + _chunk(kind, data),
    st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"IDAT", b"acTL"]),
    st.binary(max_size=60)
    | st.binary(max_size=30).map(lambda data: b"XML:com.adobe.xmp\0\0\0\0\0" + data),
)


@st.composite
def _bent(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(_WHOLE | _PNG))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data) - 1))
        data[place] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(1, len(data)))]) if draw(st.booleans()) else bytes(data)


_FILES = _bent() | st.builds(
    lambda head, rest: head + rest, st.sampled_from(_HEADS), st.binary(max_size=60)
)


@tries(50)
@given(_FILES)
@example(_picture("PNG", b"II*\0\x08\0\0\0"))  # its Exif ends too early, of which Pillow warns
def test_any_picture_is_measured_or_refused(data: bytes) -> None:
    for look in (measured, thumbnail):
        with suppress(Unreadable):
            look(BytesIO(data))


@tries(50)
@given(_FILES)
@example(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", b"\0" * 13) + _chunk(b"zTXt", b"xmp\0\0\0\0")[:-4])
def test_taking_the_place_out_of_any_file_keeps_its_length(data: bytes) -> None:
    file = BytesIO(data)
    forget_place(file)
    assert len(file.getvalue()) == len(data)


@tries(50)
@given(
    _FILES | st.binary(max_size=40),
    st.none() | TEXT | st.sampled_from(["image/svg+xml", "text/html"]),
)
def test_nothing_that_a_browser_would_run_keeps_its_type(data: bytes, declared: str | None) -> None:
    mime = type_of(data, declared)
    assert mime.isascii()
    assert mime.isprintable()
    assert mime == UNKNOWN or not any(word in mime for word in ("html", "svg", "script", "xml"))
    for wanted in AttachmentKind:
        kind_of(wanted, mime)


@tries(60)
@given(TEXT)
@example("..hidden")
@example("a/../ .b")
def test_the_name_of_a_file_is_safe_to_save(name: str) -> None:
    safe = cleaned(name)
    assert 0 < len(safe.encode()) <= LONGEST
    assert not set(safe) & set('/\\\0\r\n<>:"|?*')
    assert not safe.startswith(".")
    assert cleaned(safe) == safe
    assert safe.endswith(ending(safe))


@tries(60)
@given(
    st.none()
    | TEXT
    | st.builds("bytes={}-{}".format, TEXT, TEXT)
    | st.builds("bytes={}-{}".format, st.integers(0), st.integers(0)),
    st.integers(0, 2**40),
)
def test_the_bytes_that_are_asked_for_are_there(header: str | None, size: int) -> None:
    with suppress(Unsatisfiable):
        span = asked_for(header, size)
        assert span is None or 0 <= span.start < span.end <= size
