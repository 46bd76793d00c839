"""The files of the database, copied as a kill leaves them.

They lie on a disk in memory where there is one: unlike a power failure, a kill loses nothing that
was written but not synced. Nobody writes while they are copied: the loop has but one thread.
"""

from __future__ import annotations

import os
from pathlib import Path

from bridgekit.store.reserve import SIZE

NAME = "bridge.db"
LOG = f"{NAME}-wal"
_HEADER, _FRAME = 32, 24  # bytes: of the log, and before each page in it


class Files:
    """Those in `folder`.

    They stay open as long as the bridge runs: a file that is closed ends the locks of this process,
    and SQLite's are among them (https://sqlite.org/howtocorrupt.html, "Posix advisory locks
    canceled by a separate thread").
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = str(folder / LOG)
        self._open: dict[tuple[str, int], int] = {}  # by name and inode

    def copy(self, target: Path, log_size: int | None = None) -> None:
        """As they are now, in the new folder `target`; `log_size`: only so much of the log."""
        target.mkdir()
        for name, most in ((NAME, None), (LOG, log_size)):
            content = self._content(name)
            if content is not None:
                (target / name).write_bytes(content[:most])
        reserve = self.folder / f"{NAME}.reserve"
        if reserve.exists() and reserve.stat().st_size == SIZE:
            (target / reserve.name).hardlink_to(reserve)  # 8 MB that nobody changes

    def close(self) -> None:
        """Once the bridge has ended."""
        while self._open:
            _, file = self._open.popitem()
            os.close(file)

    @property
    def log_size(self) -> int:
        """Of what is committed but not yet in its place."""
        try:
            return os.stat(self._log).st_size  # noqa: PTH116 (asked at each point)
        except FileNotFoundError:
            return 0

    def ends_one(self, start: int, end: int) -> bool:
        """Whether a transaction is whole in this part of the log, see "The WAL File Format" in
        https://sqlite.org/fileformat2.html: a frame that ends one says how large the database is.
        """
        log = self._content(LOG) or b""
        frame = _FRAME + int.from_bytes(log[8:12])
        places = range(max(start, _HEADER), end - frame + 1, frame)
        return any(any(log[place + 4 : place + 8]) for place in places)

    def _content(self, name: str) -> bytes | None:
        file = self.folder / name
        if not file.exists():
            return None
        found = file.stat()
        key = (name, found.st_ino)
        if key not in self._open:
            self._open[key] = os.open(file, os.O_RDONLY)
        return os.pread(self._open[key], found.st_size, 0)
