"""PostgreSQL: how it is reached, and why it cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from bridgekit.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

CONNECT = 15  # seconds in which a server answers, or it is not there
READERS = 5  # connections at once; who finds none free waits for one
STATEMENT = 60.0  # seconds; nothing that we ask takes one

# That the server lets go, within two minutes, of a bridge whose machine is gone with its lock.
_SETTINGS = {
    "application_name": "bridgekit",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}

# PostgreSQL's appendix A: what the operator can do about it.
_ADVICE = {
    "28P01": "correct the user and the password in the URL (write special characters in them as "
    "%40 for @, %2F for / and so on)",
    "28000": "let this user in: see pg_hba.conf of the server, or name another user in the URL",
    "3D000": "make the database (createdb --owner USER --encoding UTF8 NAME), or correct its name "
    "in the URL",
    "42501": "give this user the right to make tables there: make it the owner of the database "
    "(ALTER DATABASE NAME OWNER TO USER)",
    "25006": "name the primary server, as a copy that only reads cannot be used; "
    "if this is the primary one, let this user write (default_transaction_read_only)",
    "53300": "let the server have more connections (max_connections); a bridge needs seven",
    "42704": "take the option out of the URL that the server does not know",
}
_REACH = "check that the server runs and that host and port in the URL are right"


class Unreachable(ConnectionError):  # noqa: N818 (named by what is so)
    """No connection could be opened; its cause says why."""


def make(url: str, patience: float | None = STATEMENT) -> AsyncEngine:
    """An engine for a URL as libpq takes them, options such as `sslmode` included.

    A statement that takes longer than `patience` seconds counts as lost.
    """
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 (8 MB, not for SQLite)

    arguments: dict[str, Any] = {"dsn": url, "timeout": CONNECT, "command_timeout": patience}
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={**arguments, "server_settings": _SETTINGS},
        pool_size=READERS + 1,  # and the writer
        max_overflow=0,
        hide_parameters=True,  # errors reach logs, what people wrote must not
    )
    event.listen(engine.sync_engine, "do_connect", _connect)
    return engine


def check(connection: Connection) -> None:
    """Raises `DatabaseError` for a database that cannot hold what people write."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseError(
            f"database: its encoding is {encoding}, which cannot hold every character; "
            "make another one with UTF8 (createdb --template template0 --encoding UTF8 NAME)"
        )


def durable(connection: Connection) -> None:
    """A server may be told to acknowledge a commit that a power cut undoes: not to us."""
    connection.execute(
        text(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
    )


def shown(url: str) -> str:
    """The URL without password and options, either of which may be secret."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{parts.scheme}://{name}{':***' if colon else ''}{at}{host}{parts.path}"


def explained(url: str, error: BaseException | None) -> DatabaseError:
    """What the operator is told when the server cannot be used at all."""
    cause = _cause(error)
    advice = _ADVICE.get(getattr(cause, "sqlstate", None) or "", _REACH)
    why = " ".join(str(cause).split()) or type(cause).__name__
    if isinstance(cause, TimeoutError):
        why = f"it did not answer within {CONNECT} seconds"
    return DatabaseError(f"database: {shown(url)} cannot be used: {why}; {advice}")


def _cause(error: BaseException | None) -> BaseException | None:
    if isinstance(error, DBAPIError):
        error = error.orig
    while isinstance(error, Unreachable) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    try:
        return dialect.connect(*arguments, **options)
    except Exception as error:
        # The driver's own exceptions, which SQLAlchemy lets through here, and nowhere else.
        raise Unreachable(str(error)) from error
