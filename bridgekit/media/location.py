"""Takes the place where a picture was made out of it, in place and without decoding it.

The GPS directory of the Exif data (JPEG, PNG, WebP) is emptied, and XMP that tells of it blanked.
Metadata is looked for as those do who show pictures: past what is odd, and what is too short.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from io import SEEK_CUR
from typing import BinaryIO, NamedTuple

from bridgekit.media import png_texts

_GPS = 0x8825  # Exif 2.3, "GPS Info IFD Pointer"
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_PADDING = 0xEA1C  # a tag for what is to be passed over (Microsoft's)
# JPEG (T.81, B.1.1): a marker, after any number of fill bytes; those with no length; the first
# bytes of what is the picture itself, and Exif or XMP.
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
_SOS, _APP1 = 0xDA, 0xE1
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"  # XMP in pieces, each without its frame
_XMP = (b"<x:xmpmeta", b"<rdf:RDF", b"xpacket", _EXTENDED)
_EXTENDED_HEAD = len(_EXTENDED) + 40  # a digest, the whole length, the offset
_CRC = 4  # bytes
_MOST = 16 << 20  # bytes of one block of metadata that are looked into


class _Block(NamedTuple):
    """A piece of metadata in a file; PNG signs its own (`crc` is the chunk's type)."""

    start: int
    length: int
    crc: bytes = b""


def forget_place(file: BinaryIO) -> None:
    """Empty what tells of the place; the file keeps its length. Blocks."""
    file.seek(0)
    head = file.read(12)
    for block in _blocks(file, head):
        file.seek(block.start)
        data = bytearray(file.read(block.length))
        if block.crc in png_texts.KINDS:
            _forget_text(file, block, bytes(data))
        elif _emptied(data):
            _write(file, block, block.crc, data)
    file.seek(0)


def _forget_text(file: BinaryIO, block: _Block, data: bytes) -> None:
    held = png_texts.metadata(block.crc, data)
    if held is None or _emptied(bytearray(held)):
        _write(file, block, *png_texts.emptied(len(data)))


def _write(file: BinaryIO, block: _Block, kind: bytes, data: bytes | bytearray) -> None:
    file.seek(block.start - len(kind))
    file.write(kind + data)
    if kind and len(file.read(_CRC)) == _CRC:  # a file that was cut short may end before it
        file.seek(-_CRC, SEEK_CUR)
        file.write(struct.pack(">I", zlib.crc32(kind + data)))


def _blocks(file: BinaryIO, head: bytes) -> Iterator[_Block]:
    if head.startswith(b"\xff\xd8"):
        yield from _jpeg(file)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _png(file)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        yield from _webp(file)


def _jpeg(file: BinaryIO) -> Iterator[_Block]:
    code, at = _marker(file, 2)
    while code not in (None, _SOS):  # then no metadata follows that a reader would look for
        if code not in _ALONE:
            file.seek(at)
            length = max(2, int.from_bytes(file.read(2), "big"))  # it counts itself
            if code == _APP1:
                yield _Block(at + 2, length - 2)
            at += length
        code, at = _marker(file, at)


def _marker(file: BinaryIO, at: int) -> tuple[int | None, int]:
    """The next marker from there on, and where it ends."""
    look = 64  # bytes: it mostly stands right there
    while True:
        file.seek(at)
        data = file.read(look)
        if (found := _MARKER.search(data)) is not None:
            return found[1][0], at + found.end()
        if len(data) < look:
            return None, at
        at, look = at + look - 1, 1 << 16


def _png(file: BinaryIO) -> Iterator[_Block]:
    at = 8
    while True:
        file.seek(at)
        frame = file.read(8)
        if len(frame) < 8:  # noqa: PLR2004 (a chunk's length and type)
            return
        length, kind = int.from_bytes(frame[:4], "big"), frame[4:]
        if kind in (b"eXIf", *png_texts.KINDS) and length <= _MOST:
            yield _Block(at + 8, length, kind)
        at += 12 + length


def _webp(file: BinaryIO) -> Iterator[_Block]:
    at = 12
    while True:
        file.seek(at)
        frame = file.read(8)
        if len(frame) < 8:  # noqa: PLR2004 (a chunk's type and length)
            return
        length = int.from_bytes(frame[4:], "little")
        if frame[:4] in (b"EXIF", b"XMP ") and length <= _MOST:
            yield _Block(at + 8, length)
        at += 8 + length + length % 2


def _emptied(data: bytearray) -> bool:
    """Empty a block; whether there was anything to empty."""
    if b"GPS" in data and any(word in data for word in _XMP):
        _blank(data)
        return True
    start = 6 if data[:6] == b"Exif\0\0" else 0
    tiff = memoryview(data)[start:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(tiff[:4]))
    if order is None:
        return False
    try:
        return _without_gps(tiff, order)
    except struct.error:  # it points outside of itself: nobody can read a place from it either
        return False


def _blank(data: bytearray) -> None:
    start = _EXTENDED_HEAD if data.startswith(_EXTENDED) else max(0, data.find(b"<"))
    data[start:] = b" " * (len(data) - start)


def _without_gps(tiff: memoryview, order: str) -> bool:
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    found = False
    for at, tag, _, _ in _entries(tiff, order, first):
        if tag == _GPS:
            (gps,) = struct.unpack_from(f"{order}I", tiff, at + 8)
            # Whatever can be read of it: nobody is led there any more.
            struct.pack_into(f"{order}HHII", tiff, at, _PADDING, 7, 4, 0)
            _wipe(tiff, order, gps)
            found = True
    return found


def _wipe(tiff: memoryview, order: str, directory: int) -> None:
    """Zero a directory, as far as it goes, and its values."""
    spans = [(directory, directory + 2)]
    for at, _, kind, count in _entries(tiff, order, directory):
        size = _SIZES.get(kind, 1) * count
        if size > 4:  # noqa: PLR2004 (what fits into the entry stands there)
            (start,) = struct.unpack_from(f"{order}I", tiff, at + 8)
            spans.append((start, start + size))
        spans.append((at, at + 12))
    done = 0
    for start, end in sorted(spans):  # each byte once, however often it is named
        first, last = max(start, done), min(end, len(tiff))
        if last > first:
            tiff[first:last] = bytes(last - first)
            done = last


def _entries(tiff: memoryview, order: str, start: int) -> Iterator[tuple[int, int, int, int]]:
    """Each entry of a directory: where it stands, its tag, type and count (TIFF 6.0, 2)."""
    if start + 2 > len(tiff):
        return
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    # A reader takes what is there, also where more of it was promised.
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        yield at, *struct.unpack_from(f"{order}HHI", tiff, at)
