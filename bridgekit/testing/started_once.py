"""A SQLite database on which a bridge has started once, so that not each test makes its tables.

Its name is new each time: a bridge knows its database by that. Its reserve is as long as it has to
be, and takes no room: 8 MB for each of thousands of tests would fill a disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from bridgekit.clock import SystemClock
from bridgekit.store.reserve import SIZE
from bridgekit.store.store import open_store


def started_once(file: Path) -> None:
    """Make this database, unless it is there."""
    if file.exists():
        return
    file.write_bytes(_content())
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE meta SET value = ? WHERE key = 'instance'", [token_hex(16)])
        database.commit()
    with file.with_name(f"{file.name}.reserve").open("wb") as reserve:
        reserve.truncate(SIZE)


@cache
def _content() -> bytes:
    with TemporaryDirectory(prefix="bridgekit-") as folder:
        file = Path(folder) / "bridge.db"
        with ThreadPoolExecutor(1) as thread:  # in this one a loop may run
            thread.submit(lambda: asyncio.run(_start(file))).result()
        return file.read_bytes()


async def _start(file: Path) -> None:
    async with open_store(f"sqlite:///{file}", SystemClock()):
        pass
