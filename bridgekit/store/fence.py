"""One bridge per PostgreSQL database: a lock of the session that writes, checked by every commit.

The same row tells whether a commit whose answer was lost took place.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bridgekit.errors import DatabaseError
from bridgekit.store import sql
from bridgekit.store.failure import sqlstate
from bridgekit.store.postgresql import durable, shown
from bridgekit.store.reader import Reader

_KEY = 0x62726467  # of PostgreSQL's advisory locks; the same in all releases
_NOT_AVAILABLE = "55P03"

# What a killed bridge was committing ends first, and its session a moment later.
_PATIENCE = text("SET LOCAL lock_timeout = '5s'")
_LOCK = text("SELECT pg_advisory_lock(:key)")
_PID = text("SELECT pg_backend_pid()")
_HOLDER = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :key "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_END = text(f"SELECT pg_terminate_backend(pid) {_HOLDER} AND pid = :pid")
_WHO = text(
    "SELECT pid, coalesce(host(client_addr), 'the server itself') AS host "  # noqa: S608 (ours)
    f"FROM pg_stat_activity WHERE pid IN (SELECT pid {_HOLDER})"
)
_BEGIN = text(
    "INSERT INTO meta (key, value) VALUES ('run', :run) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_STEP = text("UPDATE meta SET value = :next WHERE key = 'run' AND value = :now")
_WHERE = text("SELECT value FROM meta WHERE key = 'run'")


async def holder(reader: Reader) -> str | None:
    """Where the bridge is that has the database, as its server sees it; None: nobody has it."""
    row = await reader.first(_WHO, {"key": _KEY})
    return row and f"from {row.host}, server process {row.pid}"


class TakenOver(DatabaseError):  # noqa: N818 (named by what is so)
    """Another bridge has written to the database since: nothing of ours may be written any more."""


class Fence:
    """The right of this run to write to the database."""

    def __init__(self, url: str) -> None:
        self._shown = shown(url)
        self._run = secrets.token_hex(8)
        self._number = 0
        self._pid: int | None = None

    def lock(self, connection: Connection) -> None:
        """Make this connection the one that may write; raises `DatabaseError` if another is.

        `TakenOver` if ours was before, and that one has written since.
        """
        with connection.begin():
            durable(connection)
            if self._pid is not None:
                # Our own session of before, of which the server may not know that it is gone.
                connection.execute(_END, {"key": _KEY, "pid": self._pid})
        try:
            with connection.begin():
                connection.execute(_PATIENCE)
                connection.execute(_LOCK, {"key": _KEY})
                self._pid = connection.scalar(_PID)
        except DBAPIError as error:
            if sqlstate(error) != _NOT_AVAILABLE:
                raise
            if self._pid is not None:
                self._commits(connection)
            raise DatabaseError(self._in_use(connection)) from error

    def begin(self, connection: Connection) -> None:
        """From now on commits are this run's; in the caller's transaction."""
        connection.execute(_BEGIN, {"run": self._value(self._number)})

    def step(self, connection: Connection) -> None:
        """The first statement of every transaction; raises `TakenOver`."""
        values = {"now": self._value(self._number), "next": self._value(self._number + 1)}
        if sql.one(connection, _STEP, values).rowcount != 1:
            raise self._taken_over()

    def stepped(self) -> None:
        """That transaction is committed."""
        self._number += 1

    def settle(self, connection: Connection) -> bool:
        """Whether the transaction whose commit was not answered took place.

        The lock is ours, so the session that committed it has ended. Raises `TakenOver`.
        """
        took_place = self._commits(connection) == self._value(self._number + 1)
        if took_place:
            self.stepped()
        return took_place

    def _commits(self, connection: Connection) -> str:
        """The last one's number, which we may not have heard of yet; raises `TakenOver`."""
        with connection.begin():
            found = connection.scalar(_WHERE)
        if found not in (self._value(self._number), self._value(self._number + 1)):
            raise self._taken_over()
        return str(found)

    def _value(self, number: int) -> str:
        return f"{self._run} {number}"

    def _taken_over(self) -> TakenOver:
        return TakenOver(
            f"database: another bridgekit has used {self._shown} since this one lost its "
            "connection, or an older copy of it was restored meanwhile; this one stops: see to it "
            "that only one bridge uses a database, then start that one"
        )

    def _in_use(self, connection: Connection) -> str:
        with connection.begin():
            row = connection.execute(_WHO, {"key": _KEY}).first()
        who = f" (from {row.host}, server process {row.pid})" if row else ""
        return (
            f"database: {self._shown} is in use by another bridgekit{who}; "
            "stop that one first: two bridges on one database would send everything twice"
        )
