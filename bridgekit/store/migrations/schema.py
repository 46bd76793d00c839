"""Which schema a database has, and whether it is ours to bring to this release's."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bridgekit.store.migrations import versions

MADE_BY = "bridgekit"
NEVER_USED = "no bridge has started on it yet"
# By their names, v0001_first.py and so on: reading them would need Alembic.
REVISIONS = sorted(file.stem[1:5] for file in Path(versions.__file__).parent.glob("v*.py"))


class NotOurs(Exception):  # noqa: N818 (a finding, shown to the operator)
    """The database belongs to something else, or to another release."""


def upgrade(connection: Connection) -> None:
    """Make the schema current; raises `NotOurs` and changes nothing where it must not."""
    if inspect(connection).get_table_names() and _revision(connection) == REVISIONS[-1]:
        return
    # Nearly every start finds nothing to do.
    from bridgekit.store.migrations.run import run  # noqa: PLC0415 (Alembic takes 11 MB)

    run(connection)


def due(connection: Connection) -> tuple[str, str] | None:
    """From which revision to which a start would bring it; None: it is current, or empty.

    Raises `NotOurs`, as `upgrade` does.
    """
    if not inspect(connection).get_table_names():
        return None
    found = _revision(connection)
    return None if found == REVISIONS[-1] else (found, REVISIONS[-1])


def check_current(connection: Connection) -> None:
    """Raises `NotOurs` unless the schema is exactly this release's."""
    if not inspect(connection).get_table_names():
        raise NotOurs(f"is empty: {NEVER_USED}")
    if _revision(connection) != REVISIONS[-1]:
        raise NotOurs(
            "was written by an older bridgekit; start the bridge with this release, "
            "which brings it up to date"
        )


def _revision(connection: Connection) -> str:
    """The schema's revision, if it is one of ours."""
    if not _made_by_us(connection):
        raise NotOurs(
            "belongs to something else (it has tables that bridgekit did not make); "
            "name a file or database that is empty or bridgekit's own"
        )
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision not in REVISIONS:
        raise NotOurs(
            f"was written by a newer bridgekit (schema {revision}); "
            "run that release again, or go back to a copy of the database from before its start"
        )
    return str(revision)


def _made_by_us(connection: Connection) -> bool:
    schema = inspect(connection)
    if not schema.has_table("meta") or not schema.has_table("alembic_version"):
        return False
    if not {"key", "value"} <= {column["name"] for column in schema.get_columns("meta")}:
        return False
    made_by = connection.scalar(text("SELECT value FROM meta WHERE key = 'made_by'"))
    return bool(made_by == MADE_BY)
