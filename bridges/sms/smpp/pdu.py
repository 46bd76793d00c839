"""The records of SMPP 3.4 as bytes, and back. Section numbers are those of the specification."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

_HEADER = struct.Struct(">IIII")
HEADER = _HEADER.size
LONGEST = 1 << 17  # bytes of a PDU; a payload has at most 64 KiB
RESPONSE = 0x8000_0000


class Command(IntEnum):
    """What a PDU is (5.1.2.1)."""

    GENERIC_NACK = 0x8000_0000
    BIND_TRANSCEIVER = 0x09
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    ENQUIRE_LINK = 0x15


class Status(IntEnum):
    """5.1.3, of which those that are treated differently."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    SYSTEM_ERROR = 0x08
    BIND_FAILED = 0x0D
    INVALID_PASSWORD = 0x0E
    INVALID_SYSTEM_ID = 0x0F
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    TRY_AGAIN = 0x64  # ESME_RX_T_APPN: we cannot take it now


class Tag(IntEnum):
    """Of optional parameters (5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    NETWORK_ERROR = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


# Bits of `esm_class` (5.2.12); an intermediate notification is a receipt that is no end.
HAS_HEADER, RECEIPT, INTERMEDIATE, KIND = 0x40, 0x04, 0x20, 0x3C


class MalformedError(ValueError):
    """These bytes are no PDU."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One record; `status` is that of a response."""

    command: int
    sequence: int
    body: bytes = b""
    status: int = Status.OK

    def pack(self) -> bytes:
        length = HEADER + len(self.body)
        return _HEADER.pack(length, self.command, self.status, self.sequence) + self.body

    @property
    def is_response(self) -> bool:
        return bool(self.command & RESPONSE)

    def response(self, body: bytes = b"", status: int = Status.OK) -> Pdu:
        """What answers this."""
        return Pdu(self.command | RESPONSE, self.sequence, body, status)


def length_of(header: bytes) -> int:
    """How many bytes follow a header; raises `MalformedError`."""
    length = int(_HEADER.unpack(header)[0])
    if not HEADER <= length <= LONGEST:
        raise MalformedError(f"a PDU of {length} bytes")
    return length - HEADER


def unpack(header: bytes, body: bytes) -> Pdu:
    _, command, status, sequence = _HEADER.unpack(header)
    return Pdu(command, sequence, body, status)


@dataclass(frozen=True, slots=True)
class Address:
    """Who sends or receives: type of number, numbering plan, and the number (5.2.5 to 5.2.8)."""

    kind: int
    plan: int
    number: str

    def pack(self) -> bytes:
        return bytes([self.kind, self.plan]) + _text(self.number)


@dataclass(frozen=True, slots=True)
class Message:
    """What SUBMIT_SM and DELIVER_SM carry (4.4.1 and 4.6.1)."""

    source: Address
    target: Address
    octets: bytes
    coding: int = 0
    flags: int = 0
    registered: int = 0
    tags: Mapping[int, bytes] = field(default_factory=dict)

    def pack(self) -> bytes:
        fixed = bytes([self.flags, 0, 0]) + b"\0\0" + bytes([self.registered, 0, self.coding, 0])
        tags = b"".join(
            struct.pack(">HH", tag, len(value)) + value for tag, value in self.tags.items()
        )
        body = b"\0" + self.source.pack() + self.target.pack() + fixed
        return body + bytes([len(self.octets)]) + self.octets + tags

    @property
    def text(self) -> bytes:
        """The user data, wherever it is."""
        return self.tags.get(Tag.MESSAGE_PAYLOAD, b"") or self.octets


def message(body: bytes) -> Message:
    """Read one; raises `MalformedError`."""
    reader = _Reader(body)
    reader.text()  # service_type
    source, target = reader.address(), reader.address()
    flags, _, _ = reader.octet(), reader.octet(), reader.octet()
    reader.text()  # schedule_delivery_time
    reader.text()  # validity_period
    registered, _, coding, _ = reader.octet(), reader.octet(), reader.octet(), reader.octet()
    octets = reader.take(reader.octet())
    return Message(source, target, octets, coding, flags, registered, reader.tags())


def bind(system_id: str, password: str, system_type: str = "") -> bytes:
    """The body of BIND_TRANSCEIVER (4.1.5), for version 3.4 and any address."""
    return _text(system_id) + _text(password) + _text(system_type) + b"\x34\0\0\0"


def text_of(body: bytes) -> str:
    """The one text that a response consists of: an ID, a name."""
    return body.split(b"\0", 1)[0].decode("latin-1")


def _text(value: str) -> bytes:
    return value.encode("latin-1", "replace").replace(b"\0", b"") + b"\0"


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def take(self, length: int) -> bytes:
        taken = self._body[self._at : self._at + length]
        if len(taken) < length:
            raise MalformedError("a PDU that ends too early")
        self._at += length
        return taken

    def octet(self) -> int:
        return self.take(1)[0]

    def text(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise MalformedError("a PDU with a text that does not end")
        found, self._at = self._body[self._at : end], end + 1
        return found.decode("latin-1")

    def address(self) -> Address:
        return Address(self.octet(), self.octet(), self.text())

    def tags(self) -> dict[int, bytes]:
        found = {}
        while self._at + 4 <= len(self._body):
            tag, length = struct.unpack(">HH", self.take(4))
            found[tag] = self.take(length)
        return found
