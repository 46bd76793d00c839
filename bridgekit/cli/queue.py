"""`bridgekit queue`: what waits and what failed, and a second chance or an end for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bridgekit.bridge import database_url
from bridgekit.cli import aside, running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.lanes import WAYS, Place, Places
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit, OwnConfig, load
from bridgekit.cli.output import console, count, iso, local, show_json, span
from bridgekit.clock import Clock, SystemClock
from bridgekit.configuration.config import Config
from bridgekit.lanes.journey import Journey, dropped, millis
from bridgekit.models import Outcome, Result
from bridgekit.printable import printable
from bridgekit.reasons import Reason
from bridgekit.references import job_of, reference
from bridgekit.store import jobs as job_rows
from bridgekit.store.beside import commit, reading
from bridgekit.store.jobs import Jobs, Listed
from bridgekit.store.portals import PortalRows
from bridgekit.store.progress import Finish
from bridgekit.store.store import open_store

app = typer.Typer(
    invoke_without_command=True,
    subcommand_metavar="[list | retry NAME | drop NAME | aside | replay KEY]",
    help="""List what waits and what failed, retry or drop it.

    \b
    Examples:
      bridgekit queue
      bridgekit queue --json
      bridgekit queue retry BK-7F3K2Q
      bridgekit queue drop BK-7F3K2Q -c /etc/bridgekit/config.yaml
    """,
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A reference, an event ID or a message ID.")
]


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and where it belongs."""

    listed: Listed
    place: Place
    attempts: int


@app.callback()
def queue(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
) -> None:
    context.obj = config
    if context.invoked_subcommand is None:
        _list(config, limit, as_json=as_json)


@app.command("list")
def list_(
    context: typer.Context,
    config: OwnConfig = None,
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
) -> None:
    """List what waits and what failed, the failed first.

    \b
    Examples:
      bridgekit queue list
      bridgekit queue list --limit 1000 --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    _list(config or context.obj, limit, as_json=as_json)


@app.command()
def retry(context: typer.Context, name: Name, config: OwnConfig = None) -> None:
    """Send what failed once more, from the part on that failed.

    \b
    Example:
      bridgekit queue retry BK-7F3K2Q
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    asyncio.run(_each(load(config or context.obj), name, _retry))


@app.command()
def drop(context: typer.Context, name: Name, config: OwnConfig = None) -> None:
    """Give a job up: it is never sent. What still waits can be dropped while the bridge is stopped.

    \b
    Example:
      bridgekit queue drop BK-7F3K2Q
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    asyncio.run(_each(load(config or context.obj), name, _drop))


app.command()(aside.aside)
app.command()(aside.replay)


def _list(path: Path, limit: int, *, as_json: bool) -> None:
    entries = asyncio.run(_entries(load(path), limit + 1))
    shown, more = entries[:limit], len(entries) > limit
    now = millis(SystemClock())
    if as_json:
        show_json([_record(entry) for entry in shown])
        return
    if not shown:
        typer.echo("Nothing waits and nothing has failed.")
        return
    console().print(_table(shown, now))
    dead = sum(entry.listed.dead for entry in shown)
    typer.echo(f"{dead} failed, {count(len(shown) - dead, 'job')} waiting.")
    if more:
        typer.echo("There is more: see --limit.")


async def _entries(config: Config, limit: int) -> list[Entry]:
    async with reading(database_url(config)) as reader:
        places, jobs = Places(PortalRows(reader)), Jobs(reader)
        return [
            Entry(one, await places.of(one.job.lane), await _attempts(jobs, one))
            for one in await jobs.listed(limit)
        ]


async def _attempts(jobs: Jobs, listed: Listed) -> int:
    """The last try, which failed for good, is in the outcome alone."""
    outcomes = await jobs.outcomes(listed.job.reference, listed.job.id) if listed.dead else []
    tries = [len(one.tries) for one in outcomes if one.job == listed.job.id]
    return max([listed.job.attempts, *tries])


def _table(entries: list[Entry], now: int) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for entry in entries:
        name = Text(entry.listed.job.reference, "red" if entry.listed.dead else "")
        grid.add_row(name, Text(printable(_line(entry, now))))
        if entry.listed.error:
            grid.add_row("", Text(printable(entry.listed.error), "dim"))
    return grid


def _line(entry: Entry, now: int) -> str:
    listed, job = entry.listed, entry.listed.job
    facts = [
        "failed" if listed.dead else "waits",
        f"{job.kind} {WAYS[job.lane.direction]}, {entry.place}",
        f"{span((now - job.received_at) / 1000)} old",
    ]
    if entry.attempts:
        facts.append(f"tried {count(entry.attempts, 'time')}")
    if not listed.dead and listed.not_before > now:
        facts.append(f"next try {local(listed.not_before)}")
    return ", ".join(facts)


def _record(entry: Entry) -> dict[str, Any]:
    listed, job = entry.listed, entry.listed.job
    return {
        "reference": job.reference,
        "state": "failed" if listed.dead else "waiting",
        "direction": job.lane.direction.value,
        "network": entry.place.network,
        "chat": entry.place.chat,
        "room": entry.place.room,
        "kind": job.kind,
        "source": job.source,
        "received_at": iso(job.received_at),
        "attempts": entry.attempts,
        "error": listed.error,
        "next_try": iso(listed.not_before) if listed.not_before and not listed.dead else None,
    }


async def _each(
    config: Config, name: str, change: Callable[[Config, Listed], Awaitable[str]]
) -> None:
    async with reading(database_url(config)) as reader:
        jobs = Jobs(reader)
        found = await jobs.named(name, job_of(name))
        ended = [] if found else await jobs.outcomes(name, job_of(name))
    if ended:
        raise Failure(Exit.FOUND, "\n".join(map(_not_kept, ended)))
    if not found:
        raise Failure(
            Exit.FOUND,
            f"Nothing that waits or has failed is called {name}; "
            "see `bridgekit queue`, and `bridgekit trace` for what has ended.",
        )
    for listed in found:
        typer.echo(await change(config, listed))


def _not_kept(ended: Outcome) -> str:
    name = reference(ended.job)
    failed = ended.result is Result.FAILED
    how = f"has failed for good ({ended.reason})" if failed else f"has ended: {ended.result.value}"
    return f"{name} {how}; it is not kept: see `bridgekit trace {name}`."


async def _retry(config: Config, listed: Listed) -> str:
    name = listed.job.reference
    if not listed.dead:
        return f"{name} has not failed: it waits, and is sent when its turn comes."
    await commit(database_url(config), job_rows.revive(listed.job.id, millis(SystemClock())))
    if await running.wake(config):
        return f"{name} is sent again now."
    return f"{name} is sent again when the bridge starts; it does not answer now."


async def _drop(config: Config, listed: Listed) -> str:
    if listed.dead:
        await commit(database_url(config), job_rows.drop(listed.job.id))
    else:
        await _drop_waiting(config, listed, SystemClock())
    return f"{listed.job.reference} is dropped."


async def _drop_waiting(config: Config, listed: Listed, clock: Clock) -> None:
    """End a job that a running bridge has in its memory: so there must be none."""
    name = listed.job.reference
    if await running.answers(config) == running.RUNS:
        raise Failure(
            Exit.DATABASE,
            f"{name} still waits, and the bridge runs; stop the bridge, then drop it.",
        )
    async with open_store(database_url(config), clock) as store:
        place = await Places(PortalRows(store.reader)).of(listed.job.lane)
        journey = Journey(listed.job, clock, network=place.network or "")
        await store.writer.write(Finish(journey.outcome(dropped(Reason.BY_OPERATOR))))
