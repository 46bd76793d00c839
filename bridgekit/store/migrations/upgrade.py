"""Runs the migrations with Alembic, inside the transaction that is handed in."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

HERE = Path(__file__).parent


class NotOurs(Exception):  # noqa: N818 (a finding, shown to the operator)
    """The database belongs to something else, or to a newer release."""


def upgrade(connection: Connection) -> None:
    """Make the schema current; raises `NotOurs` and changes nothing where it must not."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    _check(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def _check(connection: Connection, scripts: ScriptDirectory) -> None:
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return
    revision = MigrationContext.configure(connection).get_current_revision()
    ours = {script.revision for script in scripts.walk_revisions()}
    if revision is None or "meta" not in tables:
        raise NotOurs(
            "belongs to something else (it has tables that bridgekit did not make); "
            "name a file or database that is empty or bridgekit's own"
        )
    if revision not in ours:
        raise NotOurs(
            f"was written by a newer bridgekit (schema {revision}); "
            "run that release again, or restore the backup made before its first start"
        )
