"""The files of a Matrix event as attachments, and which of them a network takes. Pure.

Spec: client-server API, "m.image", "m.file", "m.audio", "m.video", "m.sticker"; voice messages are
MSC3245. What `info` says is the sender's word: a wrong size is no reason to trust or to fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridgekit.adapter import Limits
from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.ids import EventID, RoomID
from bridgekit.media.file_key import key_of
from bridgekit.media.names import cleaned
from bridgekit.media.source import MatrixFile, encode, is_mxc
from bridgekit.reasons import Reason
from bridgekit.to_network.failure import Failed

_KINDS = {
    "m.image": AttachmentKind.IMAGE,
    "m.file": AttachmentKind.FILE,
    "m.audio": AttachmentKind.AUDIO,
    "m.video": AttachmentKind.VIDEO,
    "m.sticker": AttachmentKind.STICKER,
}
_VOICE = ("org.matrix.msc3245.voice", "org.matrix.msc3245.voice.v2", "m.voice")
_LESSER = {
    AttachmentKind.STICKER: (AttachmentKind.IMAGE, AttachmentKind.FILE),
    AttachmentKind.VOICE: (AttachmentKind.AUDIO, AttachmentKind.FILE),
    AttachmentKind.IMAGE: (AttachmentKind.FILE,),
    AttachmentKind.AUDIO: (AttachmentKind.FILE,),
    AttachmentKind.VIDEO: (AttachmentKind.FILE,),
    AttachmentKind.FILE: (),
}
_LARGEST = 1 << 53  # canonical JSON holds no greater whole number
_LONGEST = 100  # letters of a MIME type


def msgtype_of(event: Mapping[str, Any]) -> str:
    """What kind of message it is; a sticker has an event type of its own."""
    msgtype = "m.sticker" if event["type"] == "m.sticker" else event["content"].get("msgtype")
    return msgtype if isinstance(msgtype, str) else ""


def attachment_of(event: Mapping[str, Any]) -> Attachment | None:
    """The file that the event shows, if it is one of a file; raises `Failed`."""
    content = event["content"]
    kind = _KINDS.get(msgtype_of(event))
    if kind is None:
        return None
    if kind is AttachmentKind.AUDIO and any(key in content for key in _VOICE):
        kind = AttachmentKind.VOICE
    file = _file_of(event)
    info = content.get("info")
    info = info if isinstance(info, dict) else {}
    milliseconds = _number(info.get("duration"))
    return Attachment(
        kind,
        encode(file),
        _name(content),
        _mime(info.get("mimetype")),
        _number(info.get("size")),
        _number(info.get("w")),
        _number(info.get("h")),
        None if milliseconds is None else milliseconds / 1000,
    )


def _file_of(event: Mapping[str, Any]) -> MatrixFile:
    content = event["content"]
    secret, key = content.get("file"), None
    if isinstance(secret, dict):
        key = key_of(secret)
        if key is None:
            raise Failed(
                Reason.UNREADABLE, "Its file is encrypted in a way that the bridge does not know."
            )
    uri = secret.get("url") if isinstance(secret, dict) else content.get("url")
    if not is_mxc(uri):
        raise Failed(Reason.EMPTY, "It names no file on Matrix, so there is nothing to send.")
    return MatrixFile(str(uri), RoomID(event["room_id"]), EventID(event["event_id"]), key)


def has_caption(content: Mapping[str, Any]) -> bool:
    """Whether the body says something about the file (spec 1.10: `filename` is another one)."""
    name, body = content.get("filename"), content.get("body")
    return isinstance(name, str) and isinstance(body, str) and bool(body.strip()) and body != name


def as_taken(attachment: Attachment, limits: Limits) -> Attachment | None:
    """The attachment as one of the kinds that a network takes; None if it takes it as none."""
    large = limits.media is not None and (attachment.size or 0) > limits.media
    if large and attachment.mime not in limits.shrinks:
        return None
    if limits.mime is not None and attachment.mime not in limits.mime:
        return None
    for kind in (attachment.kind, *_LESSER[attachment.kind]):
        if kind in limits.attachments:
            return attachment if kind is attachment.kind else replace(attachment, kind=kind)
    return None


def size_words(size: int | None) -> str:
    """A size for people, in brackets; nothing where it is not known."""
    if not size:
        return ""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 (what makes the next unit)
            return f" ({size:.0f} {unit})"
        size = round(size / 1024)
    return f" ({size:.0f} GiB)"


def _name(content: Mapping[str, Any]) -> str:
    for name in (content.get("filename"), content.get("body")):
        if isinstance(name, str) and name.strip():
            return cleaned(name)
    return cleaned("")


def _mime(value: object) -> str | None:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return None
    shown = value.partition(";")[0].strip().lower()
    return shown if 0 < len(shown) <= _LONGEST and shown.count("/") == 1 else None


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < _LARGEST else None
