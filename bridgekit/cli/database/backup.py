"""`bridgekit backup` and `restore`: the database as one file, also while the bridge runs."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.options import DEFAULT, ConfigPath, load
from bridgekit.cli.output import megabytes
from bridgekit.configuration.config import Config
from bridgekit.configuration.paths import is_there
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.store import copying

File = Annotated[Path, typer.Argument(metavar="FILE", help="The copy: a file of its own.")]


def backup(file: File, config: ConfigPath = DEFAULT) -> None:
    """Copy the database to a file, also while the bridge runs.

    The copy is complete in itself and checked; only this user may read it. It holds what waits to
    be sent: keep it as safe as the database. Keep a copy of the configuration, too: without its
    secrets the logins in the database cannot be opened.

    \b
    Example:
      bridgekit backup /var/backups/bridgekit-$(date +%F).db
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    source = _file(load(config), "pg_dump --format=custom --file=FILE")
    if is_there(source) is False:
        raise DatabaseError(f"database: {source} does not exist; nothing is there to copy")
    began = time.monotonic()
    made = copying.copy(source, file)
    took = time.monotonic() - began
    typer.echo(f"{made.path}: {megabytes(made.size)}, checked, in {took:.1f} s.")


def restore(file: File, config: ConfigPath = DEFAULT) -> None:
    """Put a copy where the database is.

    The bridge must be stopped. What is there now is moved aside, never deleted. At its next start
    the bridge notices that the database is older than what it has done, and settles what is in
    doubt before it sends anything.

    \b
    Example:
      bridgekit restore /var/backups/bridgekit-2026-01-31.db -c /etc/bridgekit/config.yaml
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    target = _file(load(config), "pg_restore --dbname=NAME FILE")
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    if not is_there(file):
        why = "it may not be read" if is_there(file) is None else "there is no such file"
        raise Failure(Exit.DATABASE, f"{file}: {why}.")
    aside = copying.put_back(file, target, stamp)
    typer.echo(f"{target} is now what {file} was.")
    if aside is not None:
        typer.echo(f"What was there is kept as {aside}.")
    typer.echo("Start the bridge: it says what it finds out about the time since the copy.")


def _file(config: Config, command: str) -> Path:
    if isinstance(config.database, SQLiteFile):
        return config.database.path
    raise Failure(
        Exit.DATABASE,
        f"The database is PostgreSQL, which has its own means: `{command}`; "
        "restore into an empty database while the bridge is stopped.",
    )
