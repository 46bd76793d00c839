"""Where DNS says that a homeserver is: SRV records, which no library of ours can ask for."""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

RESOLVERS = Path("/etc/resolv.conf")
PORT = 53
_PATIENCE = 3.0  # seconds
_SERVICES = ("_matrix-fed._tcp", "_matrix._tcp")  # the second one is of before v1.8
_SRV, _INTERNET = 33, 1
_LARGEST = 4096
_HEAD = struct.Struct("!6H")
_RECORD = struct.Struct("!2HIH")
_POINTER = 0xC0
_LONGEST = 255  # octets of a name (RFC 1035)


def located(server: str) -> list[str]:
    """`host:port` of each record, the most wanted first; none where nobody answers, or has any."""
    for service in _SERVICES:
        name = f"{service}.{server}"
        for resolver in _resolvers():
            with suppress(OSError, ValueError, IndexError, struct.error):
                found = sorted(_asked(resolver, name))
                if found:
                    return [f"{host}:{port}" for _, _, port, host in found]
                break  # it has answered
    return []


def _resolvers() -> Iterator[str]:
    with suppress(OSError):
        for line in RESOLVERS.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                yield words[1]


def _asked(resolver: str, name: str) -> list[tuple[int, int, int, str]]:
    """Priority, weight (less first, so that the heaviest comes first), port and host of each."""
    number = secrets.randbelow(1 << 16)
    labels = [one.encode("ascii") for one in name.split(".")]
    asked = b"".join(bytes([len(one)]) + one for one in labels) + b"\0"
    question = _HEAD.pack(number, 0x0100, 1, 0, 0, 0) + asked + struct.pack("!2H", _SRV, _INTERNET)
    family = socket.AF_INET6 if ":" in resolver else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_PATIENCE)
        asking.connect((resolver, PORT))
        asking.send(question)
        answer = asking.recv(_LARGEST)
    if _HEAD.unpack_from(answer)[0] != number:
        raise ValueError("this answers another question")
    return list(_records(answer, len(question)))


def _records(answer: bytes, at: int) -> Iterator[tuple[int, int, int, str]]:
    """Of an answer whose first record begins `at` so many octets."""
    for _ in range(_HEAD.unpack_from(answer)[3]):
        _, at = _name(answer, at)
        kind, _, _, length = _RECORD.unpack_from(answer, at)
        at += _RECORD.size
        if kind == _SRV:
            priority, weight, port = struct.unpack_from("!3H", answer, at)
            host, _ = _name(answer, at + 6)
            yield priority, -weight, port, host
        at += length


def _name(answer: bytes, at: int) -> tuple[str, int]:
    """A name, and where what follows it begins; a pointer leads to its rest (RFC 1035, 4.1.4)."""
    labels: list[str] = []
    after: int | None = None
    for _ in range(_LONGEST):
        length = answer[at]
        if length >= _POINTER:
            after = at + 2 if after is None else after
            at = (length - _POINTER) << 8 | answer[at + 1]
        elif length == 0:
            return ".".join(labels), at + 1 if after is None else after
        else:
            labels.append(answer[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
    raise ValueError("this name has no end")
