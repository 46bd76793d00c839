"""The picture that Alice sends, and how somebody on IRC opens the link to it."""

from __future__ import annotations

import struct
import zlib

from aiohttp import ClientSession

NAME = "roses.png"
_WIDTH, _HEIGHT = 96, 64


def roses() -> bytes:
    """A small PNG: a bed that is green at the bottom and red at the top (RFC 2083)."""
    rows = b"".join(b"\0" + _row(y) for y in range(_HEIGHT))
    size = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", size), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _row(y: int) -> bytes:
    shade = 255 * y // _HEIGHT
    return b"".join(bytes((255 - shade, shade // 2, (x * 2 + y) % 96)) for x in range(_WIDTH))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


async def opened(url: str) -> tuple[int, bytes]:
    """The status and the bytes that a browser gets for a link."""
    async with ClientSession() as browser, browser.get(url) as answer:
        return answer.status, await answer.read()
