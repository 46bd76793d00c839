"""`bridgekit database`: how large it is, what could be forgotten, and forgetting it now."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from bridgekit.bridge import database_url
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, OwnConfig, load
from bridgekit.cli.output import console, count, megabytes, show_json, show_table
from bridgekit.clock import SystemClock
from bridgekit.configuration.config import Config
from bridgekit.lanes.journey import millis
from bridgekit.store.beside import commit, reading
from bridgekit.store.figures import size_of
from bridgekit.store.retention import BATCH, RETENTION, Prune
from bridgekit.store.sizes import Size, free, sizes

app = typer.Typer(
    invoke_without_command=True,
    subcommand_metavar="[prune]",
    help="""Show how large the database is; forget what is old.

    \b
    Examples:
      bridgekit database
      bridgekit database --json
      bridgekit database prune --dry-run
    """,
)

Dry = Annotated[bool, typer.Option("--dry-run", help="Only say how many rows that would be.")]


@app.callback()
def database(
    context: typer.Context, config: ConfigPath = DEFAULT, *, as_json: AsJSON = False
) -> None:
    context.obj = config
    if context.invoked_subcommand is None:
        _show(config, as_json=as_json)


@app.command()
def prune(context: typer.Context, config: OwnConfig = None, *, dry: Dry = False) -> None:
    """Forget now what has been kept for as long as is promised; the bridge may run.

    The bridge does the same four times a day. Nothing that waits is ever forgotten.

    \b
    Example:
      bridgekit database prune
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    asyncio.run(_prune(load(config or context.obj), dry=dry))


def _show(path: Path, *, as_json: bool) -> None:
    config = load(path)
    found, unused = asyncio.run(_looked(config))
    whole = size_of(database_url(config)) or sum(one.bytes or 0 for one in found)
    if as_json:
        show_json({"bytes": whole, "free": unused, "tables": [_record(one) for one in found]})
        return
    rows = [_cells(one) for one in found if one.rows]
    show_table(console(), ("table", "rows", "size", "could be forgotten"), rows)
    typer.echo(f"{megabytes(whole)} in all, {megabytes(unused)} of it free to be filled again.")
    old = sum(one.old for one in found)
    typer.echo(f"A prune would forget {count(old, 'row')}{_about(found)}.")


async def _looked(config: Config) -> tuple[list[Size], int]:
    url = database_url(config)
    async with reading(url) as reader:
        return await sizes(reader, url, millis(SystemClock())), await free(reader, url)


async def _prune(config: Config, *, dry: bool) -> None:
    url = database_url(config)
    if dry:
        found, _ = await _looked(config)
        for one in found:
            if one.old:
                typer.echo(f"{one.table}: {count(one.old, 'row')}")
        old = sum(one.old for one in found)
        typer.echo(f"{count(old, 'row')} would be forgotten{_about(found)}.")
        return
    async with reading(url):
        pass  # it must be there, and of this release
    total = 0
    for rule in RETENTION:
        gone = BATCH
        while gone == BATCH:  # a commit each, between two of the bridge's
            gone = await commit(url, Prune(rule, millis(SystemClock())))
            total += gone
    typer.echo(f"{count(total, 'row')} forgotten; the space is filled again.")


def _about(found: list[Size]) -> str:
    """How much space that is, where it is known: as large as the average row."""
    freed = sum((one.bytes or 0) * one.old // one.rows for one in found if one.rows)
    return f", about {megabytes(freed)}" if freed else ""


def _cells(one: Size) -> tuple[str, ...]:
    size = "" if one.bytes is None else megabytes(one.bytes)
    return one.table, str(one.rows), size, str(one.old or "")


def _record(one: Size) -> dict[str, Any]:
    return {"table": one.table, "rows": one.rows, "bytes": one.bytes, "old": one.old}
