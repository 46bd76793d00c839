"""Which errors mean that the database cannot be used now, and which that one change is wrong."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InternalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bridgekit.errors import RetryLater, Scope

AFTER = 1.0  # seconds: as often as the writer tries

DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError)

# https://sqlite.org/rescode.html; what is not here is about the statement, not about the file.
_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
_PRIMARY = 0xFF  # an extended code has its primary one in the lowest byte

# PostgreSQL's appendix A, by class: connection, conflict with another transaction, read-only,
# lack of resources, object in use, operator's intervention, trouble with the system.
_STATES = ("08", "25006", "40", "53", "55", "57", "58", "XX")


class StoreDown(RetryLater):
    """The store cannot be used now; whoever asked must not acknowledge, and may ask again."""

    def __init__(self) -> None:
        super().__init__("The database cannot be used now", after=AFTER, scope=Scope.NETWORK)


def store_failed(error: BaseException) -> bool:
    """Whether anything else would fail just now as well."""
    if isinstance(error, OSError | PoolTimeout | StoreDown):
        return True
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return isinstance(code, int) and code & _PRIMARY in _CODES
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or isinstance(error, InternalError):
        return True  # the latter: the driver lost its way, as when the server dies under it
    return sqlstate(error).startswith(_STATES) or (
        error.orig is not None and store_failed(error.orig)
    )


def conflicts(error: BaseException) -> bool:
    """Whether it only met another transaction, and the same again may succeed at once."""
    return isinstance(error, DBAPIError) and sqlstate(error).startswith("40")


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of an error; "" if it is none of PostgreSQL's."""
    return str(getattr(error.orig, "sqlstate", None) or "")
