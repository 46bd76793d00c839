"""What a real Synapse has done, by its own database: no word of the bridge's."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

# Of what it does with a message a third is for what nobody here asks for.
_FRUGAL = {"push": {"enabled": False}, "enable_search": False}
_QUIET = {"root": {"level": "WARNING", "handlers": ["file"]}}
# It forgets a transaction once that was answered 200.
NOTING = """
    CREATE TABLE IF NOT EXISTS pushed (place INTEGER PRIMARY KEY, event_ids TEXT);
    CREATE TRIGGER IF NOT EXISTS noting AFTER DELETE ON application_services_txns
    BEGIN INSERT INTO pushed (event_ids) VALUES (old.event_ids); END;
"""


def prepare(workdir: Path) -> None:
    """While it is stopped: from now on it does no more than it must, and notes each push."""
    _change(workdir / "homeserver.json", _FRUGAL)
    _change(workdir / "log.json", _QUIET)
    with closing(sqlite3.connect(workdir / "homeserver.db")) as database:
        database.executescript(NOTING)


def _change(path: Path, more: dict[str, object]) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | more), "utf-8")


@dataclass(slots=True)
class Pushes:
    """`done` are the events for which the bridge has answered 200, in that order, once each."""

    database: Path
    done: dict[str, None] = field(default_factory=dict)
    _seen: int = 0

    def look(self) -> set[str]:
        """Take in what has been done since. Result: what it has not pushed, and may not try to.

        Synapse 1.163 stores a transaction that is made while it ends a recovery, and sends it only
        at the end of the next one: it comes late, behind what was said after it.
        """
        with closing(sqlite3.connect(self.database)) as database:
            for place, events in database.execute(
                "SELECT place, event_ids FROM pushed WHERE place > ? ORDER BY place", (self._seen,)
            ):
                self._seen = place
                self.done.update(dict.fromkeys(json.loads(events)))
            kept = database.execute("SELECT event_ids FROM application_services_txns").fetchall()
        return {event for (events,) in kept for event in json.loads(events)} - self.done.keys()

    def recovering(self) -> bool:
        """Whether it has found that the bridge does not answer, and tries again and again."""
        with closing(sqlite3.connect(self.database)) as database:
            return ("down",) in database.execute("SELECT state FROM application_services_state")
