"""What `Attachment.source` says of a file on Matrix; opaque to adapters, read back here."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from bridgekit.errors import Rejected
from bridgekit.ids import EventID, RoomID
from bridgekit.media.file_key import FileKey, from_fields

# Spec: "Matrix Content (mxc://) URIs"; the media ID is opaque, but of these characters only.
_MXC = re.compile(r"mxc://[A-Za-z0-9\[][A-Za-z0-9.:\[\]_-]{0,254}/[A-Za-z0-9_-]{1,255}")

_NO_ROOM, _NO_EVENT = RoomID(""), EventID("")


@dataclass(frozen=True, slots=True)
class MatrixFile:
    """A file and the event that shows it; without one, an avatar. With a `key` it is encrypted."""

    mxc: str
    room: RoomID = _NO_ROOM
    event: EventID = _NO_EVENT
    key: FileKey | None = None


def encode(file: MatrixFile) -> str:
    """The source of an attachment that stands for `file`."""
    where = {"mxc": file.mxc, "room": file.room, "event": file.event}
    return json.dumps(where if file.key is None else where | {"key": asdict(file.key)})


def decode(source: str) -> MatrixFile:
    """The file behind a source of ours; raises `Rejected` for any other text."""
    try:
        fields = json.loads(source)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not is_mxc(fields.get("mxc")):
        raise Rejected("This file is not one on Matrix")
    room, event = fields.get("room"), fields.get("event")
    if not isinstance(room, str) or not isinstance(event, str):
        raise Rejected("This file is not one on Matrix")
    try:
        key = from_fields(fields.get("key"))
    except TypeError:
        raise Rejected("This file is not one on Matrix") from None
    return MatrixFile(fields["mxc"], RoomID(room), EventID(event), key)


def is_mxc(value: object) -> bool:
    """Whether this is a sound `mxc://` URI: events carry whatever their senders wrote."""
    return isinstance(value, str) and _MXC.fullmatch(value) is not None
