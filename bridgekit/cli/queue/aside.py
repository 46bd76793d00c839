"""`bridgekit queue aside` and `replay`: what could not be taken as it came, and a second look."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bridgekit.bridge import database_url
from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.options import AsJSON, Limit, OwnConfig, load
from bridgekit.cli.output import console, iso, local, show_grid, show_json
from bridgekit.clock import SystemClock
from bridgekit.codec import BrokenRecord
from bridgekit.codec import load as load_record
from bridgekit.configuration.config import Config
from bridgekit.events import Raw, RemoteEvent
from bridgekit.ids import LoginID, NetworkName
from bridgekit.incoming import identity, source_of
from bridgekit.lanes.journey import millis
from bridgekit.models import Draft, Portal, lane_to_matrix
from bridgekit.printable import printable
from bridgekit.references import reference
from bridgekit.room.portals import key_of
from bridgekit.store.aside import AsideRows, Kept, Replay
from bridgekit.store.beside import commit, reading
from bridgekit.store.intake import Put
from bridgekit.store.moved import MovedRows
from bridgekit.store.portals import PortalRows
from bridgekit.store.reader import Reader

SHOWN = 12  # letters of a key: no two are alike
Key = Annotated[str, typer.Argument(metavar="KEY", help="As `bridgekit queue aside` shows it.")]


def aside(
    context: typer.Context,
    config: OwnConfig = None,
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
) -> None:
    """List what was set aside because nobody could tell what to do with it, the latest first.

    \b
    Examples:
      bridgekit queue aside
      bridgekit queue aside --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    kept = asyncio.run(_listed(load(config or context.obj), limit))
    if as_json:
        show_json([_record(one) for one in kept])
    elif not kept:
        typer.echo("Nothing is set aside.")
    else:
        show_grid(console(), _table(kept))


def replay(context: typer.Context, key: Key, config: OwnConfig = None) -> None:
    """Hand something that was set aside to its chat after all.

    \b
    Example:
      bridgekit queue replay 3f9a0c51d2e7
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    typer.echo(asyncio.run(_replayed(load(config or context.obj), key)))


async def _listed(config: Config, limit: int) -> list[Kept]:
    async with reading(database_url(config)) as reader:
        return await AsideRows(reader).listed(limit)


def _table(kept: list[Kept]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for one in kept:
        when = local(one.item.at)
        grid.add_row(one.key[:SHOWN], Text(printable(f"{one.item.origin}, {when}")))
        grid.add_row("", Text(printable(one.item.why), "dim"))
    return grid


def _record(one: Kept) -> dict[str, Any]:
    item = one.item
    return {
        "key": one.key,
        "origin": item.origin,
        "why": item.why,
        "at": iso(item.at),
        "body": item.body,
    }


async def _replayed(config: Config, name: str) -> str:
    async with reading(database_url(config)) as reader:
        one = await _only(reader, name)
        record = _event(one)
        portal = await _portal(reader, one, record)
    now = millis(SystemClock())
    put = Put([_draft(one, portal, record, now)], at=now)
    job = await commit(database_url(config), Replay(one.key, put))
    if job is None:
        return f"{one.key[:SHOWN]} was received again since then; it is not aside any more."
    woken = await running.wake(config)
    when = "now" if woken else "when the bridge starts; it does not answer now"
    return f"{one.key[:SHOWN]} is handled as {reference(job)} {when}."


async def _only(reader: Reader, name: str) -> Kept:
    found = await AsideRows(reader).named(name) if name else []
    if len(found) == 1:
        return found[0]
    how = "More than one thing" if found else "Nothing"
    raise Failure(Exit.FOUND, f"{how} that is set aside is called {name}: `bridgekit queue aside`.")


def _event(one: Kept) -> RemoteEvent[Any] | Raw:
    try:
        record = load_record(one.item.body)
    except BrokenRecord:
        record = None
    if isinstance(record, RemoteEvent | Raw):
        return record
    raise Failure(
        Exit.FOUND,
        f"{one.key[:SHOWN]} is no event that this bridge can read: {one.item.why}. "
        "See it with `bridgekit queue aside --json`.",
    )


async def _portal(reader: Reader, one: Kept, record: RemoteEvent[Any] | Raw) -> Portal:
    network, _, login = one.item.origin.partition(" login ")
    key = key_of(NetworkName(network), record.chat, LoginID(login))
    rows = PortalRows(reader)
    portal = await rows.by_key(key)
    number = None if portal else await MovedRows(reader).portal(key)
    portal = portal if number is None else await rows.by_id(number)
    if portal is None:
        raise Failure(Exit.FOUND, f"Its chat {record.chat.id} is not bridged.")
    return portal


def _draft(one: Kept, portal: Portal, record: RemoteEvent[Any] | Raw, now: int) -> Draft:
    known = None if isinstance(record, Raw) else identity(record)
    return Draft(
        lane=lane_to_matrix(portal.id),
        key=f"replay:{portal.id}:{one.key}",
        kind="Raw" if isinstance(record, Raw) else type(record.content).__name__,
        body=one.item.body,
        source=record.key if isinstance(record, Raw) else source_of(record),
        received_at=now,
        seen=() if known is None else (f"r:{portal.id}:{known}",),
    )


__all__ = ["aside", "replay"]
