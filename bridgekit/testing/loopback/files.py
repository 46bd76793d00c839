"""Files that pass through the loopback network: what its people offer, and what it was given."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from bridgekit.events import ChatChange, Content, Edit, Message
from bridgekit.facts import Attachment, AttachmentKind

PIECE = 65_536
_KEPT = 1_000_000

Pieces = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class File:
    """A file as the network got it; `data` is None where it is too large to keep (1 MB)."""

    attachment: Attachment
    size: int
    sha256: str
    data: bytes | None


async def take_files(host: Any, content: Content) -> list[File]:
    """Read what an act carries from the bridge, a piece at a time."""
    found = []
    for attachment in _carried(content):
        async with host.open(attachment) as source:
            found.append(_read(attachment, source))
    return found


def _carried(content: Content) -> tuple[Attachment, ...]:
    match content:
        case Message():
            return content.attachments
        case Edit():
            return content.message.attachments if content.replaces_media else ()
        case ChatChange() if content.info.avatar is not None and content.info.avatar.source:
            return (content.info.avatar,)
        case _:
            return ()


def _read(attachment: Attachment, source: BinaryIO) -> File:
    digest, size, kept = hashlib.sha256(), 0, bytearray()
    while piece := source.read(PIECE):
        digest.update(piece)
        size += len(piece)
        if size <= _KEPT:
            kept += piece
    data = bytes(kept) if size <= _KEPT else None
    return File(attachment, size, digest.hexdigest(), data)


def kind_of(mime: str | None) -> AttachmentKind:
    """What a client would show a file of this type as."""
    major = (mime or "").partition("/")[0]
    found = {kind.value: kind for kind in AttachmentKind}.get(major)
    return found or AttachmentKind.FILE


def pieces(data: bytes | int) -> Pieces:
    """How to serve these bytes; a number stands for that many zeros, made as they are read."""

    async def serve() -> AsyncIterator[bytes]:
        size = data if isinstance(data, int) else len(data)
        for start in range(0, size, PIECE):
            end = min(start + PIECE, size)
            yield bytes(end - start) if isinstance(data, int) else data[start:end]

    return serve
