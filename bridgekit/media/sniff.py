"""What a file is, by its content: what it says of itself counts only where that fits. Pure."""

from __future__ import annotations

import re

import filetype

from bridgekit.facts import AttachmentKind

HEAD = 8192  # bytes that are looked at
UNKNOWN = "application/octet-stream"

_WORDS = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
# What a browser would run, were it shown: it travels under no type of its own.
_RUNS = re.compile(r"(?i)\A\s*(<\?xml|<!doctype|<html|<svg|<head|<body|<script|<!--)")
_RUNNABLE = {"image/svg+xml", "text/html", "application/xhtml+xml", "text/xml", "application/xml"}
_SCRIPTS = re.compile(r"(java|ecma)script|/xslt|\+xml\Z")
# Many formats are one of these inside; what the file says is then finer than what it shows.
_CONTAINERS = {
    "application/zip",
    "application/gzip",
    "application/x-ole-storage",
    "application/xml",
}
_MEDIA = ("image", "audio", "video")
_SHOWN_AS_IMAGE = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"}


def type_of(head: bytes, declared: str | None) -> str:
    """The type by the first bytes; `declared` where they say nothing against it."""
    claim = _claim(declared)
    found = _found(head)
    if _runs(head, claim):
        return UNKNOWN
    if found is None or found in _CONTAINERS:
        # No media that we could not tell by its first bytes; but a container is what it says.
        fits = claim is not None and claim.partition("/")[0] not in _MEDIA
        return claim if claim is not None and fits else found or _text_or_unknown(head)
    if claim is not None and _same_container(claim, found):
        return claim
    return found


def kind_of(wanted: AttachmentKind, mime: str) -> AttachmentKind:
    """How a file of this type may be shown where the network says `wanted`."""
    family = mime.partition("/")[0]
    match wanted:
        case AttachmentKind.IMAGE | AttachmentKind.STICKER if mime in _SHOWN_AS_IMAGE:
            return wanted
        case AttachmentKind.VOICE | AttachmentKind.AUDIO if family == "audio":
            return wanted
        case AttachmentKind.FILE:
            return wanted
        case _:
            return _by_family(family, mime)


def _by_family(family: str, mime: str) -> AttachmentKind:
    if mime in _SHOWN_AS_IMAGE:
        return AttachmentKind.IMAGE
    if family in ("audio", "video"):
        return AttachmentKind(family)
    return AttachmentKind.FILE


def _claim(declared: str | None) -> str | None:
    bare = (declared or "").partition(";")[0].strip().lower()
    return bare if _WORDS.fullmatch(bare) and bare != UNKNOWN else None


def _found(head: bytes) -> str | None:
    kind = filetype.guess(head)
    return None if kind is None else str(kind.mime)


def _runs(head: bytes, claim: str | None) -> bool:
    if claim is not None and (claim in _RUNNABLE or _SCRIPTS.search(claim)):
        return True
    text = _decoded(head)
    return text is not None and _RUNS.match(text) is not None


def _decoded(head: bytes) -> str | None:
    for mark, codec in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if head.startswith(mark):
            return head.decode(codec, "replace").lstrip("\ufeff")
    return None


def _text_or_unknown(head: bytes) -> str:
    binary = b"\0" in head or any(byte < 9 for byte in head)  # noqa: PLR2004 (below the tab)
    return UNKNOWN if binary or not head else "text/plain"


def _same_container(claim: str, found: str) -> bool:
    """Sound and film share formats (Ogg, MP4, WebM): which of the two it is, the sender knows."""
    pairs = {claim.partition("/")[0], found.partition("/")[0]}
    sound = re.search(r"ogg|opus|mp4|m4a|m4v|quicktime|webm|matroska|3gp|aac", found)
    return pairs <= {"audio", "video"} and sound is not None and _SHARED.search(claim) is not None


_SHARED = re.compile(r"ogg|opus|mp4|m4a|m4v|quicktime|webm|matroska|3gp")
