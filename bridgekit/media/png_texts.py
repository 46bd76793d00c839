"""What the texts of a PNG hold: XMP, or Exif as ImageMagick writes it; packed or not. Pure.

PNG, third edition: 11.3.3 "Textual information".
"""

from __future__ import annotations

import re
import zlib

KINDS = (b"tEXt", b"zTXt", b"iTXt")
LARGEST = 16 << 20  # bytes of one text, unpacked
_PROFILE = re.compile(rb"(?i)raw profile type (exif|app1|xmp)$")
_NOTHING = b"Comment\0"


def metadata(kind: bytes, data: bytes) -> bytes | None:
    """The block of metadata that such a chunk holds (any text may be one).

    None: it says that it holds one, and nobody knows what.
    """
    keyword, _, rest = data.partition(b"\0")
    try:
        text = _text(kind, rest)
        # A line with the kind, one with the length, then hexadecimal numbers.
        return bytes.fromhex(_numbers(text)) if _PROFILE.match(keyword) else text
    except (ValueError, zlib.error):
        return None if _PROFILE.match(keyword) or b"xmp" in keyword.lower() else b""


def emptied(length: int) -> tuple[bytes, bytes]:
    """Kind and data of a text of the same length that says nothing."""
    return b"tEXt", _NOTHING.ljust(length) if length >= len(_NOTHING) else b"C\0".ljust(length)


def _text(kind: bytes, rest: bytes) -> bytes:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _unpacked(rest[1:])
    # Whether it is packed, how, the language, the keyword in that language.
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _unpacked(text) if rest[:1] == b"\x01" else text


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(data, LARGEST)
    if unpacking.unconsumed_tail:
        raise ValueError("it is too large")
    return text


def _numbers(text: bytes) -> str:
    return b"".join(text.split(b"\n")[3:]).decode("ascii")
