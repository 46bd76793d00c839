"""SQLite's log, brought into the database beside the commits: inside of one it takes longer than
the commit itself (https://sqlite.org/wal.html#ckpt).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import structlog
from sqlalchemy import text

from bridgekit.store.gathering import Answer, FileReader
from bridgekit.store.threads import AnyEngine, ThreadedEngine

log = structlog.get_logger()

EVERY = 50  # commits: those of what comes alone write some 400 pages
MOST = 1000  # pages (4 MB) in the log; from there on SQLite does it itself, after a commit
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"  # it waits for nobody, and nobody for it


class Checkpoints:
    """Counts the commits. One that fails is tried again later; the log has all of it."""

    def __init__(self, file: FileReader) -> None:
        self._file = file
        self._commits = 0
        self._under_way = self._failing = False

    def committed(self) -> None:
        """Never waits."""
        self._commits += 1
        if self._commits >= EVERY and not self._under_way:
            self._commits, self._under_way = 0, True
            self._file.ask(text(_CHECKPOINT), {}).add_done_callback(self._over)

    def _over(self, answer: Answer) -> None:
        self._under_way = False
        error = answer.exception()
        if error is not None and not self._failing:
            log.warning("the database's log cannot be brought into it", error=str(error))
        elif error is None and self._failing:
            log.info("the database's log is brought into it again")
        self._failing = error is not None


@asynccontextmanager
async def open_checkpoints(engine: AnyEngine) -> AsyncIterator[Checkpoints | None]:
    """Of a file; None: a server does it itself."""
    if not isinstance(engine, ThreadedEngine):
        yield None
        return
    # Its own: a long query would be in its way.
    async with aclosing(FileReader(engine.sync_engine)) as file:
        yield Checkpoints(file)
