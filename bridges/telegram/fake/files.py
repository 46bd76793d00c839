"""Files at Telegram: what people sent and what bots uploaded, by the numbers they go by."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bridges.telegram.fake.errors import bad_request

LARGEST_DOWNLOAD = 20_000_000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`size` is what Telegram says of it, whatever `data` has."""

    id: str
    unique: str
    path: str
    data: bytes
    size: int


@dataclass(slots=True)
class Files:
    """`expired` are paths that a download no longer finds."""

    stored: dict[str, StoredFile] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def add(self, data: bytes, folder: str = "documents", *, size: int | None = None) -> StoredFile:
        number = next(self._numbers)
        path = f"{folder}/file_{number}"
        kept = StoredFile(
            f"BQAC{number:08}", f"AgAD{number:06}", path, data, len(data) if size is None else size
        )
        self.stored[kept.id] = kept
        return kept

    def described(self, data: bytes, folder: str = "documents", **about: Any) -> dict[str, Any]:
        """The object that a message has for a file; what is None is left out."""
        file = self.add(data, folder, size=about.pop("size", None))
        given = {name: value for name, value in about.items() if value is not None}
        return {"file_id": file.id, "file_unique_id": file.unique, "file_size": file.size, **given}

    def get(self, file_id: object) -> StoredFile:
        """For `getFile`."""
        found = self.stored.get(str(file_id))
        if found is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if found.size > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        return found

    def at(self, path: str) -> StoredFile | None:
        """For a download."""
        found = (one for one in self.stored.values() if one.path == path)
        return None if path in self.expired else next(found, None)
