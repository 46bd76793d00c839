"""The user data header of a message (3GPP TS 23.040, 9.2.3.24): which part of a text it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_PARTS = 255  # of one text: they are counted in one octet
_CONCATENATED_8, _CONCATENATED_16 = 0x00, 0x08


@dataclass(frozen=True, slots=True)
class Concatenation:
    """`number` counts from 1."""

    reference: str
    total: int
    number: int


def concatenation(header: bytes) -> Concatenation | None:
    """What a header says of parts; None where it says nothing of them, or is broken."""
    for identifier, data in _elements(header):
        if identifier == _CONCATENATED_8 and len(data) == 3:  # noqa: PLR2004 (its length)
            return Concatenation(f"{data[0]}", data[1], data[2])
        if identifier == _CONCATENATED_16 and len(data) == 4:  # noqa: PLR2004 (its length)
            return Concatenation(f"{data[0] << 8 | data[1]}", data[2], data[3])
    return None


def split(octets: bytes) -> tuple[bytes, bytes]:
    """The header of user data that has one, and what follows it."""
    length = octets[0] + 1 if octets else 0
    return octets[:length], octets[length:]


def _elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    rest = header[1 : header[0] + 1] if header else b""
    while len(rest) > 1:
        length = rest[1]
        yield rest[0], rest[2 : 2 + length]
        rest = rest[2 + length :]
