"""A file, a picture or a sticker as the content of an event; pure.

Spec: client-server API, "m.room.message msgtypes", "Media captions" and "m.sticker". Voice messages
are MSC3245. A sticker has a URL; one that is encrypted is a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.facts import AttachmentKind
from bridgekit.media.file_key import in_event
from bridgekit.media.uploaded import Thumbnail, Uploaded

MESSAGE, STICKER = "m.room.message", "m.sticker"

_TYPES = {
    AttachmentKind.IMAGE: "m.image",
    AttachmentKind.FILE: "m.file",
    AttachmentKind.AUDIO: "m.audio",
    AttachmentKind.VIDEO: "m.video",
    AttachmentKind.VOICE: "m.audio",
    AttachmentKind.STICKER: "m.image",
}


def takes_caption(file: Uploaded) -> bool:
    """Whether a text can be part of the file's event; that of a sticker describes it."""
    return file.kind is not AttachmentKind.STICKER


def media_event(
    file: Uploaded, caption: Mapping[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """The type and the content of the event that shows `file`."""
    if file.kind is AttachmentKind.STICKER and file.key is None:
        return STICKER, {"body": file.name, "url": file.mxc, "info": _info(file)}
    shown: dict[str, Any] = {
        "msgtype": _TYPES[file.kind],
        **_where(file),
        "info": _info(file),
        **_voice(file),
    }
    return MESSAGE, captioned({"filename": file.name, **shown}, caption)


def captioned(media: Mapping[str, Any], caption: Mapping[str, Any] | None) -> dict[str, Any]:
    """A file's content with another caption, or none: then its body is its name."""
    kept = {key: value for key, value in media.items() if key not in _TEXT}
    text = caption or {"body": str(media.get("filename") or media.get("body") or "file")}
    said = {key: value for key, value in text.items() if key != "msgtype"}
    return {"m.mentions": {}, **kept, **said}


_TEXT = ("body", "format", "formatted_body", "m.mentions", "m.relates_to")


def _info(file: Uploaded) -> dict[str, Any]:
    info: dict[str, Any] = {"mimetype": file.mime, "size": file.size}
    if file.width and file.height:
        info |= {"w": file.width, "h": file.height}
    if file.duration is not None:
        info["duration"] = round(file.duration * 1000)
    if file.animated:
        info |= {"is_animated": True, "org.matrix.msc4230.is_animated": True}
    small = file.thumbnail
    if small is not None:
        about = {"mimetype": small.mime, "size": small.size, "w": small.width, "h": small.height}
        info |= {f"thumbnail_{name}": value for name, value in _where(small).items()}
        info["thumbnail_info"] = about
    return info


def _where(file: Uploaded | Thumbnail) -> dict[str, Any]:
    return {"url": file.mxc} if file.key is None else {"file": in_event(file.mxc, file.key)}


def _voice(file: Uploaded) -> dict[str, Any]:
    if file.kind is not AttachmentKind.VOICE:
        return {}
    audio = {} if file.duration is None else {"duration": round(file.duration * 1000)}
    return {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": audio}
