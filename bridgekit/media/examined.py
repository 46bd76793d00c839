"""A file in hand: what it really is, and what Matrix is told of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.media import names, sniff
from bridgekit.media.files import head_of, size_of
from bridgekit.media.location import forget_place

if TYPE_CHECKING:
    from bridgekit.media import pictures

MAX_PIXELS = 1 << 24  # what a network says of a film; JSON of Matrix has no larger use for it


@dataclass(frozen=True, slots=True)
class Examined:
    kind: AttachmentKind
    mime: str
    size: int
    name: str
    width: int | None
    height: int | None
    duration: float | None
    animated: bool
    small: pictures.Small | None


async def examined(file: BinaryIO, attachment: Attachment, *, keep_exif: bool) -> Examined:
    """Look at the content; empties what tells of the place unless it is to be kept."""
    mime = sniff.type_of(await head_of(file, sniff.HEAD), attachment.mime)
    kind = sniff.kind_of(attachment.kind, mime)
    if mime.startswith("image/") and not keep_exif:
        await asyncio.to_thread(forget_place, file)
    picture = await asyncio.to_thread(_measured, file) if mime.startswith("image/") else None
    if picture is None or picture.too_large:
        # A client would show it as broken, or choke on it: it can still be saved.
        kind = AttachmentKind.FILE if mime.startswith("image/") else kind
    small = None
    if picture is not None and kind is AttachmentKind.IMAGE and not picture.animated:
        small = await asyncio.to_thread(_small, file)
    said = attachment if picture is None else picture
    file.seek(0)
    return Examined(
        kind=kind,
        mime=mime,
        size=size_of(file),
        name=names.cleaned(attachment.name),
        width=_pixels(said.width),
        height=_pixels(said.height),
        duration=_seconds(attachment.duration),
        animated=picture is not None and picture.animated,
        small=small,
    )


def _measured(file: BinaryIO) -> pictures.Picture | None:
    from bridgekit.media import pictures  # noqa: PLC0415 (Pillow: 3 MB until a picture comes)

    try:
        return pictures.measured(file)
    except pictures.Unreadable:
        return None


def _small(file: BinaryIO) -> pictures.Small | None:
    from bridgekit.media import pictures  # noqa: PLC0415 (as above)

    try:
        return pictures.thumbnail(file)
    except pictures.Unreadable:
        return None


def _pixels(number: int | None) -> int | None:
    return number if number is not None and 0 < number <= MAX_PIXELS else None


def _seconds(number: float | None) -> float | None:
    return number if number is not None and 0 <= number < 1e9 else None  # noqa: PLR2004 (30 years)
