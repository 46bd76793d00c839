"""The two alphabets of a text message: GSM 7 bit (3GPP TS 23.038) where it suffices, else UCS-2.

`gsm0338` has the tables; here is what they cost, and what may be written otherwise to save half.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from gsm0338 import Codec

_CODEC = Codec()
_UNDEFINED = re.compile(rb"\x1b(?![\x0a\x14\x28\x29\x2f\x3c-\x3e\x40\x65])")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f]")  # what is left of C0: line feed and tab

# What a text editor makes of what people type, and back.
_SPELT = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u2060\ufeff\u00ad", ""),
        "\u2026": "...",
        "\u2022": "*",
        "\u00d7": "x",
        "\u2044": "/",
    }
)


class Encoding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


def in_gsm(text: str) -> bool:
    """Whether the 7 bit alphabet has every character."""
    return all(one in _SIZES for one in text)


def encoding(text: str) -> Encoding:
    """What a text has to be sent in: one character outside GSM makes it UCS-2 as a whole."""
    return Encoding.GSM7 if in_gsm(text) else Encoding.UCS2


def size(character: str, chosen: Encoding) -> int:
    """Septets, of which escaped characters take two, or UTF-16 units, of which astral ones do."""
    if chosen is Encoding.UCS2:
        return 2 if ord(character) > 0xFFFF else 1  # noqa: PLR2004 (the end of the basic plane)
    return _SIZES[character]


def spelt(text: str) -> str:
    """The text in GSM's letters, where another spelling of its punctuation is all that it takes."""
    if in_gsm(text):
        return text
    simple = unicodedata.normalize("NFC", text).translate(_SPELT)
    return simple if in_gsm(simple) else text


def clean(text: str) -> str:
    """Text without control characters that no phone shows, its lines ended by a line feed."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def to_gsm(text: str) -> bytes:
    """A septet a byte, unpacked, as gateways take it."""
    encoded: tuple[bytes, int] = _CODEC.encode(text)
    return encoded[0]


def from_gsm(octets: bytes) -> str:
    """What these septets say.

    An escape that the table does not define is left out, so that the letter behind it shows, as
    TS 23.038 (6.2.1.1) has it; what is no septet is U+FFFD.
    """
    decoded: tuple[str, int] = _CODEC.decode(_UNDEFINED.sub(b"", octets), "replace")
    return decoded[0]


def to_ucs2(text: str) -> bytes:
    return text.encode("utf-16-be", "replace")


def from_ucs2(octets: bytes) -> str:
    """Half a character, and half a pair, become U+FFFD rather than an error."""
    return octets.decode("utf-16-be", "replace")


def _sizes() -> dict[str, int]:
    """Every character of the alphabet and its extension; the escape itself is none."""
    found = {}
    for code in range(0x80):
        for octets in (bytes([code]), bytes([0x1B, code])):
            try:
                character = _CODEC.decode(octets)[0]
            except UnicodeDecodeError:
                continue
            if len(character) == 1 and character != "\x1b":
                found[character] = len(octets)
    return found


_SIZES = _sizes()
