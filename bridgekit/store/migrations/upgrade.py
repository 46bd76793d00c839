"""Runs the migrations with Alembic, inside the transaction that is handed in."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

HERE = Path(__file__).parent
MADE_BY = "bridgekit"


class NotOurs(Exception):  # noqa: N818 (a finding, shown to the operator)
    """The database belongs to something else, or to another release."""


def upgrade(connection: Connection) -> None:
    """Make the schema current; raises `NotOurs` and changes nothing where it must not."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    if inspect(connection).get_table_names():
        _revision(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def check_current(connection: Connection) -> None:
    """Raises `NotOurs` unless the schema is exactly this release's."""
    scripts = ScriptDirectory(str(HERE))
    if not inspect(connection).get_table_names():
        raise NotOurs("is empty: no bridge has started on it yet")
    if _revision(connection, scripts) != scripts.get_current_head():
        raise NotOurs(
            "was written by an older bridgekit; start the bridge with this release, "
            "which brings it up to date"
        )


def _revision(connection: Connection, scripts: ScriptDirectory) -> str:
    """The schema's revision, if it is one of ours."""
    if not _made_by_us(connection):
        raise NotOurs(
            "belongs to something else (it has tables that bridgekit did not make); "
            "name a file or database that is empty or bridgekit's own"
        )
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision not in {script.revision for script in scripts.walk_revisions()}:
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
