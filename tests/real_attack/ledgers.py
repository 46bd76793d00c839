"""What the databases say: what the bridge has taken of each side, and what Synapse keeps back."""

from __future__ import annotations

import json
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

PUSHED = """
    SELECT source FROM (
        SELECT id AS place, source, kind FROM job WHERE direction = 'to_network' UNION ALL
        SELECT job, source, kind FROM outcome WHERE direction = 'to_network'
    ) AS taken WHERE kind = 'm.room.message' ORDER BY place
"""


def stored(database: Path) -> dict[str, int]:
    """How many messages of each channel the bridge has taken, its own words not counted."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute(STORED).fetchall())


def pushed(database: Path) -> list[str]:
    """The events of people that the bridge has taken, in the order in which it was given them."""
    with closing(sqlite3.connect(database)) as connection:
        return [event for (event,) in connection.execute(PUSHED)]


def held(database: Path) -> list[str]:
    """What Synapse has not pushed yet, and does not try to.

    Synapse 1.163 stores a transaction that is made while it ends a recovery, and sends it only
    at the end of the next one: it comes late, behind what was said after it.
    """
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT event_ids FROM application_services_txns").fetchall()
    return [event for (events,) in rows for event in json.loads(events)]
