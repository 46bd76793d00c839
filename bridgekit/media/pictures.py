"""Pictures: their size by the header alone, and a thumbnail where decoding is safe.

A picture of a few kilobytes can unpack to gigabytes ("bomb"): nothing is decoded whose header
promises too many pixels, and one thumbnail is made at a time.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from threading import Lock
from typing import BinaryIO

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
SHOWN = 64_000_000  # pixels; of a larger one a client would choke: it goes as a file
DECODED = 8_000_000  # pixels that are decoded at once, of 4 bytes each
THUMBNAIL = (800, 600)  # the spec's largest of the recommended sizes
_SIDES, _QUALITIES = (2048, 1600, 1280, 960, 640, 480, 320), (85, 60)  # tried in turn
_ON_ITS_SIDE = (5, 6, 7, 8)  # Exif 2.3, "Orientation"
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """In pixels, as it is to be shown: turned as its camera was."""

    width: int
    height: int
    animated: bool

    @property
    def too_large(self) -> bool:
        return self.width * self.height > SHOWN


@dataclass(frozen=True, slots=True)
class Small:
    """A thumbnail."""

    data: bytes
    mime: str
    width: int
    height: int


class Unreadable(Exception):  # noqa: N818 (an answer, not a fault)
    """It is no picture, is broken, or promises more than anybody should unpack."""


def measured(file: BinaryIO) -> Picture:
    """What the header says. Reads little and decodes nothing. Raises `Unreadable`."""
    if found := _webp(file):
        return found
    with _ONE_AT_A_TIME, _quietly(), _opened(file) as image:
        width, height = image.size
        if _orientation(image) in _ON_ITS_SIDE:
            width, height = height, width
        # `n_frames` would read the whole file; this only looks whether there is a second one.
        return Picture(width, height, animated=bool(getattr(image, "is_animated", False)))


def thumbnail(file: BinaryIO) -> Small | None:
    """A small still picture; None where it is small already. Raises `Unreadable`. Blocks."""
    found = _webp(file)
    if found and found.width * found.height > DECODED:
        raise Unreadable
    with _ONE_AT_A_TIME, _quietly(), _opened(file) as image:
        if image.width <= THUMBNAIL[0] and image.height <= THUMBNAIL[1]:
            return None
        image.draft("RGB", THUMBNAIL)  # of a JPEG: decode an eighth, a quarter or a half only
        if image.width * image.height > DECODED:
            raise Unreadable
        try:
            return _saved(image)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise Unreadable from error


def shrunk(file: BinaryIO, most: int) -> Small:
    """The picture as a JPEG of at most `most` bytes, as large as that lets it be; what is clear in
    it is white. Raises `Unreadable`. Blocks.
    """
    found = _webp(file)
    if found and found.width * found.height > DECODED:
        raise Unreadable
    with _ONE_AT_A_TIME, _quietly(), _opened(file) as image:
        image.draft("RGB", (_SIDES[0], _SIDES[0]))
        if image.width * image.height > DECODED:
            raise Unreadable
        try:
            whole = _opaque(ImageOps.exif_transpose(image))
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise Unreadable from error
        for side, quality in product(_SIDES, _QUALITIES):
            whole.thumbnail((side, side))
            out = BytesIO()
            whole.save(out, "JPEG", quality=quality)
            if out.tell() <= most:
                return Small(out.getvalue(), "image/jpeg", whole.width, whole.height)
    raise Unreadable


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGB", clear.size, "white")
    paper.paste(clear, mask=clear)
    return paper


def _saved(image: Image.Image) -> Small:
    image.thumbnail(THUMBNAIL)
    small = ImageOps.exif_transpose(image)
    clear = small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info
    out = BytesIO()
    if clear:
        small.convert("RGBA").save(out, "PNG")
    else:
        small.convert("RGB").save(out, "JPEG", quality=80)
    mime = "image/png" if clear else "image/jpeg"
    return Small(out.getvalue(), mime, small.width, small.height)


def _orientation(image: Image.Image) -> int:
    # Not `getexif`: of a PNG it decodes the picture, in search of metadata that follows it.
    data = image.info.get("exif")
    exif = Image.Exif()
    try:
        exif.load(data if isinstance(data, bytes) else b"")
        return int(exif.get(0x0112, 1))
    except (OSError, SyntaxError, TypeError, ValueError, struct.error):
        return 1


def _webp(file: BinaryIO) -> Picture | None:
    """The size of a WebP (RFC 9649, 2.5 to 2.7): Pillow unpacks one as soon as it opens it."""
    file.seek(0)
    head = file.read(30)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:  # noqa: PLR2004 (as read)
        return None
    match head[12:16]:
        case b"VP8X":
            width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
            return Picture(width, height, animated=bool(head[20] & 2))
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return Picture(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), animated=False)
        case _:
            width, height = struct.unpack_from("<HH", head, 26)
            return Picture(width & 0x3FFF, height & 0x3FFF, animated=False)


@contextmanager
def _quietly() -> Iterator[None]:
    """Pillow warns of what is odd in a file's metadata: that is nobody's to mend here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opened(file: BinaryIO) -> Image.Image:
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(file, formats=FORMATS)
        except (
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
            OSError,
            ValueError,
            SyntaxError,
        ) as error:
            raise Unreadable from error
