"""A small file that is given up when the disk is full, so that what was sent can still be noted."""

import os
from contextlib import suppress
from pathlib import Path

# What SQLite's log holds (4 MB) may go to the database first, when there is room again.
SIZE = 8 << 20


class Reserve:
    """`path` None: there is none (a database on another machine)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def fill(self) -> bool:
        """Take the space; False if it cannot be had, and then none of it is taken."""
        if self._path is None:
            return True
        try:
            if self._path.exists() and self._path.stat().st_size == SIZE:
                return True
            # Random: neither a sparse file nor one that is compressed would reserve anything.
            # No file system compresses more than so much at once.
            random = os.urandom(SIZE >> 3)
            with self._path.open("wb") as file:
                file.writelines([random] * 8)
        except OSError:
            self.free()
            return False
        return True

    def free(self) -> None:
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
