"""`bridgekit queue`: what waits and what failed, and a second chance or an end for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bridgekit.cli.looking import keyless
from bridgekit.cli.looking.lanes import WAYS
from bridgekit.cli.looking.watching import Watch, fitting, shown
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit, OwnConfig, load
from bridgekit.cli.output import console, count, iso, local, show_grid, show_json, span
from bridgekit.cli.queue import aside, one, pausing
from bridgekit.cli.queue import everything as everything_
from bridgekit.cli.queue.groups import By, Group, grouped, show_groups
from bridgekit.cli.queue.picking import Entry, Wanted, choosing, picked
from bridgekit.clock import SystemClock
from bridgekit.lanes.journey import millis
from bridgekit.printable import printable

NOTHING = "Nothing waits and nothing has failed."

app = typer.Typer(
    invoke_without_command=True,
    subcommand_metavar="[list | retry | drop | pause | resume | aside | replay]",
    help="""List what waits and what failed, retry or drop it.

    \b
    Examples:
      bridgekit queue
      bridgekit queue --by reason --watch
      bridgekit queue --network libera --older '2 hours' --json
      bridgekit queue retry BK-7F3K2Q
      bridgekit queue retry --all --reason login_refused --dry-run
      bridgekit queue drop BK-7F3K2Q -c /etc/bridgekit/config.yaml
    """,
)

Name = Annotated[
    str | None, typer.Argument(metavar="NAME", help="A reference, an event ID or a message ID.")
]
Groups = Annotated[By | None, typer.Option("--by", help="How many there are of each.")]
All = Annotated[bool, typer.Option("--all", help="All that failed and fit, not one.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only say how many that would be.")]
Unsure = Annotated[
    bool, typer.Option("--unsure", help="Also what may have been sent: it may come twice then.")
]


@app.callback()
@choosing
def queue(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    limit: Limit = 100,
    by: Groups = None,
    *,
    wanted: Wanted,
    as_json: AsJSON = False,
    watch: Watch = False,
) -> None:
    context.obj = config
    if context.invoked_subcommand is None:
        most = fitting(limit, lines=3) if watch and not as_json else limit
        shown(lambda: _list(config, wanted, by, most, as_json=as_json), watch=watch)


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
    _list(config or context.obj, Wanted(), None, limit, as_json=as_json)


@app.command()
@choosing
def retry(
    context: typer.Context,
    name: Name = None,
    config: OwnConfig = None,
    *,
    wanted: Wanted,
    everything: All = False,
    dry: Dry = False,
    unsure: Unsure = False,
) -> None:
    """Send what failed once more, from the part on that failed.

    With --all everything that failed and fits; in the order in which it came, and without what may
    have been sent already. --dry-run says how many that would be.

    \b
    Examples:
      bridgekit queue retry BK-7F3K2Q
      bridgekit queue retry --all --network libera --dry-run
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    everything_.check(name, wanted, everything=everything)
    loaded = load(config or context.obj)
    if name is None:
        asyncio.run(everything_.retry(loaded, wanted, unsure=unsure, dry=dry))
    else:
        asyncio.run(one.retry(loaded, name))


@app.command()
@choosing
def drop(
    context: typer.Context,
    name: Name = None,
    config: OwnConfig = None,
    *,
    wanted: Wanted,
    everything: All = False,
    dry: Dry = False,
) -> None:
    """Give a job up: it is never sent. What still waits can be dropped while the bridge is stopped.

    With --all everything that failed and fits. The audit log keeps who gave up what.

    \b
    Examples:
      bridgekit queue drop BK-7F3K2Q
      bridgekit queue drop --all --reason expired --older '7 days'
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    everything_.check(name, wanted, everything=everything)
    loaded = load(config or context.obj)
    if name is None:
        asyncio.run(everything_.drop(loaded, wanted, dry=dry))
    else:
        asyncio.run(one.drop(loaded, name))


app.command()(pausing.pause)
app.command()(pausing.resume)
app.command()(aside.aside)
app.command()(aside.replay)


def _list(path: Path, wanted: Wanted, by: By | None, limit: int, *, as_json: bool) -> None:
    most = everything_.MOST if by else limit + 1
    entries = asyncio.run(picked(load(path), wanted, people=by is By.PERSON, most=most))
    now = millis(SystemClock())
    unread = asyncio.run(keyless.summary(load(path))) if wanted == Wanted() else ""
    if by is not None:
        _list_groups(grouped(entries, by, now), now, unread, as_json=as_json)
        return
    kept, more = entries[:limit], len(entries) > limit
    if as_json:
        show_json([_record(entry) for entry in kept])
        return
    if not kept:
        nothing = NOTHING if wanted == Wanted() else "Nothing in the queue fits."
        typer.echo(unread or nothing)
        return
    show_grid(console(), _table(kept, now))
    dead = sum(entry.job.dead for entry in kept)
    typer.echo(f"{dead} failed, {count(len(kept) - dead, 'job')} waiting.")
    if more:
        typer.echo("There is more: see --limit.")
    if unread:
        typer.echo(unread)


def _list_groups(groups: list[Group], now: int, unread: str, *, as_json: bool) -> None:
    if as_json:
        show_json([group.record() for group in groups])
        return
    if groups:
        show_groups(console(), groups, now)
    if unread or not groups:
        typer.echo(unread or NOTHING)


def _table(entries: list[Entry], now: int) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for entry in entries:
        name = Text(entry.name, "red" if entry.job.dead else "")
        grid.add_row(name, Text(printable(_line(entry, now))))
        if entry.job.error:
            grid.add_row("", Text(printable(entry.job.error), "dim"))
    return grid


def _line(entry: Entry, now: int) -> str:
    job = entry.job
    facts = [
        f"failed ({job.reason})" if job.reason else "failed" if job.dead else "waits",
        f"{job.kind} {WAYS[job.lane.direction]}, {entry.place}",
        f"{span((now - job.received_at) / 1000)} old",
    ]
    if entry.person:
        facts.append(f"of {entry.person}")
    if job.attempts:
        facts.append(f"tried {count(job.attempts, 'time')}")
    if not job.dead and job.not_before > now:
        facts.append(f"next try {local(job.not_before)}")
    return ", ".join(facts)


def _record(entry: Entry) -> dict[str, Any]:
    job = entry.job
    return {
        "reference": entry.name,
        "state": "failed" if job.dead else "waiting",
        "direction": job.lane.direction.value,
        "network": entry.place.network,
        "chat": entry.place.chat,
        "room": entry.place.room,
        "person": entry.person or None,
        "kind": job.kind,
        "source": job.source,
        "received_at": iso(job.received_at),
        "attempts": job.attempts,
        "reason": job.reason or None,
        "fate": job.fate,
        "error": job.error or None,
        "next_try": iso(job.not_before) if job.not_before and not job.dead else None,
    }
