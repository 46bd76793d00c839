"""What the bridge's database says that it has taken of what is said on IRC."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

STORED = """
    SELECT portal.chat, count(*) - (
        SELECT count(*) FROM seen WHERE key LIKE 'k:%:bridge away ' || portal.id || ' %'
    ) FROM portal JOIN (
        SELECT owner, kind, direction FROM job UNION ALL SELECT owner, kind, direction FROM outcome
    ) AS taken ON taken.owner = CAST(portal.id AS TEXT)
    WHERE taken.direction = 'to_matrix' AND taken.kind = 'Message' GROUP BY portal.chat
"""


def stored(database: Path) -> dict[str, int]:
    """How many messages of each channel the bridge has taken, its own words not counted."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute(STORED).fetchall())
