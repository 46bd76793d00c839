"""A small file that is given up when the disk is full, so that what was sent can still be noted."""

from contextlib import suppress
from pathlib import Path

SIZE = 1 << 20


class Reserve:
    """`path` None: there is none (a database on another machine)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def fill(self) -> None:
        """Take the space, really: a sparse file would reserve nothing."""
        if self._path is None or (self._path.exists() and self._path.stat().st_size == SIZE):
            return
        with suppress(OSError), self._path.open("wb") as file:
            file.write(b"\0" * SIZE)

    def free(self) -> None:
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
