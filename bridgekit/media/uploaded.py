"""What became of a network's file on Matrix, and the error where nothing did."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from bridgekit.errors import Rejected
from bridgekit.facts import AttachmentKind
from bridgekit.media.file_key import FileKey, from_fields
from bridgekit.scanning.verdict import Blocked


class FileMissing(Rejected):
    """A file that is not to be had, or is too large: said in its place, the text goes on.

    `name` is clean; the sentence names the file too.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The file {name} could not be bridged. {why}")
        self.name = name


class FileBlocked(FileMissing):
    """One that the content scan does not let through."""

    def __init__(self, name: str, blocked: Blocked) -> None:
        self.name, self.blocked = name, blocked.file(name)
        Rejected.__init__(self, str(self.blocked))  # which says all of it


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """With a `key` it is encrypted, as is the file that it shows."""

    mxc: str
    mime: str
    size: int
    width: int
    height: int
    key: FileKey | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`kind` is how it may be shown, whatever the network said. Bytes, pixels, seconds."""

    mxc: str
    kind: AttachmentKind
    mime: str
    size: int
    name: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    thumbnail: Thumbnail | None = None
    animated: bool = False
    key: FileKey | None = None


def to_json(file: Uploaded) -> str:
    return json.dumps({"v": 1, **asdict(file)})


def from_json(body: str) -> Uploaded:
    fields = json.loads(body)
    del fields["v"]
    small = fields["thumbnail"]
    key = from_fields(fields.get("key"))
    file = Uploaded(**{**fields, "kind": AttachmentKind(fields["kind"]), "key": key})
    if small is None:
        return file
    return replace(file, thumbnail=Thumbnail(**{**small, "key": from_fields(small.get("key"))}))
