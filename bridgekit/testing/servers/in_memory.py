"""The database of a server that others wrote, on a disk in memory while it runs.

Most of what Synapse does in a test is to wait until a disk has what it committed, and PostgreSQL to
copy files for a new database. Unlike a power failure, a kill loses nothing that was written but not
synced.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridgekit.testing.memory import memory

ROOM = 1 << 30  # bytes: in a container there are often but 64 MB


@contextmanager
def in_memory(file: Path) -> Iterator[None]:
    """`file` is a link for so long; afterwards it is there as before, with what was written."""
    where = memory(ROOM)
    if where is None:
        yield
        return
    with TemporaryDirectory(prefix="bridgekit-", dir=where) as folder:
        for part in _parts(file):
            shutil.move(part, folder)
        file.symlink_to(Path(folder) / file.name)
        try:
            yield
        finally:
            file.unlink()
            for part in _parts(Path(folder) / file.name):
                shutil.move(part, file.parent)


def _parts(file: Path) -> list[Path]:
    """SQLite's log is beside its file."""
    return list(file.parent.glob(f"{file.name}*"))
