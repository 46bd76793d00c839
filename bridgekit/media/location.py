"""Takes the place where a picture was made out of it, in place and without decoding it.

The GPS directory of the Exif data (JPEG, PNG, WebP) is emptied, and XMP that tells of it blanked.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_GPS = 0x8825  # Exif 2.3, "GPS Info IFD Pointer"
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
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
    for block in [*_blocks(file, head)]:
        file.seek(block.start)
        data = bytearray(file.read(block.length))
        if not _emptied(data):
            continue
        file.seek(block.start)
        file.write(data)
        if block.crc:
            file.write(struct.pack(">I", zlib.crc32(block.crc + bytes(data))))
    file.seek(0)


def _blocks(file: BinaryIO, head: bytes) -> Iterator[_Block]:
    if head.startswith(b"\xff\xd8"):
        yield from _jpeg(file)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _png(file)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        yield from _webp(file)


def _jpeg(file: BinaryIO) -> Iterator[_Block]:
    at = 2
    while True:
        file.seek(at)
        mark = file.read(4)
        # SOS (0xDA): the picture itself begins, no metadata follows that a reader would look for.
        if len(mark) < 4 or mark[0] != 0xFF or mark[1] == 0xDA:  # noqa: PLR2004 (JPEG's numbers)
            return
        length = int.from_bytes(mark[2:4], "big")
        if length < 2:  # noqa: PLR2004 (the length counts itself)
            return
        if mark[1] == 0xE1:  # noqa: PLR2004 (APP1: Exif and XMP)
            yield _Block(at + 4, length - 2)
        at += 2 + length


def _png(file: BinaryIO) -> Iterator[_Block]:
    at = 8
    while True:
        file.seek(at)
        frame = file.read(8)
        if len(frame) < 8:  # noqa: PLR2004 (a chunk's length and type)
            return
        length, kind = int.from_bytes(frame[:4], "big"), frame[4:]
        if kind in (b"eXIf", b"iTXt") and length <= _MOST:
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
    if b"GPS" in data and (b"<x:xmpmeta" in data or b"<rdf:RDF" in data or b"xpacket" in data):
        return _blanked(data)
    start = 6 if data[:6] == b"Exif\0\0" else 0
    tiff = memoryview(data)[start:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(tiff[:4]))
    if order is None:
        return False
    try:
        return _without_gps(tiff, order)
    except struct.error:  # it points outside of itself: nobody can read a place from it either
        return False


def _blanked(data: bytearray) -> bool:
    start = data.index(b"<")
    data[start:] = b" " * (len(data) - start)
    return True


def _without_gps(tiff: memoryview, order: str) -> bool:
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    found = False
    for at, tag, _, _ in _entries(tiff, order, first):
        if tag == _GPS:
            (gps,) = struct.unpack_from(f"{order}I", tiff, at + 8)
            _wipe(tiff, order, gps)
            found = True
    return found


def _wipe(tiff: memoryview, order: str, directory: int) -> None:
    """Zero a directory's values, then say that it has none."""
    for at, _, kind, count in [*_entries(tiff, order, directory)]:
        size = _SIZES.get(kind, 1) * count
        if size > 4:  # noqa: PLR2004 (what fits into the entry stands there)
            (start,) = struct.unpack_from(f"{order}I", tiff, at + 8)
            end = min(start + size, len(tiff))
            tiff[start:end] = bytes(max(0, end - start))
        tiff[at : at + 12] = bytes(12)
    struct.pack_into(f"{order}H", tiff, directory, 0)


def _entries(tiff: memoryview, order: str, start: int) -> Iterator[tuple[int, int, int, int]]:
    """Each entry of a directory: where it stands, its tag, type and count (TIFF 6.0, 2)."""
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for number in range(count):
        at = start + 2 + 12 * number
        yield at, *struct.unpack_from(f"{order}HHI", tiff, at)
