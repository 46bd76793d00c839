"""`bridgekit stats`: what the running bridge has counted."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.looking.watching import Watch, shown
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import console, show_json, show_table
from bridgekit.configuration.config import Config
from bridgekit.provisioning.api import PATH

Network = Annotated[str | None, typer.Option("--network", metavar="NAME", help="Of this network.")]
Minutes = Annotated[int, typer.Option("--minutes", min=1, max=60, help="What lately means.")]
_DONE = 200


def stats(
    config: ConfigPath = DEFAULT,
    network: Network = None,
    minutes: Minutes = 60,
    *,
    as_json: AsJSON = False,
    watch: Watch = False,
) -> None:
    """Show what came to which end, and what waits.

    \b
    Examples:
      bridgekit stats --watch
      bridgekit stats --network libera --minutes 5 --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    loaded = load(config)
    words = ["stats", f"--minutes={minutes}", *([f"--network={network}"] if network else [])]
    shown(lambda: _show(loaded, words, as_json=as_json), watch=watch)


def _show(config: Config, words: list[str], *, as_json: bool) -> None:
    said = asyncio.run(_asked(config, words))
    if as_json:
        show_json({name: said[name] for name in ("started", "events", "waiting", "encryption")})
        return
    if not said["events"] and not said["waiting"]:
        typer.echo(said["text"])
        return
    to = console()
    rows = sorted(said["events"], key=lambda one: (one["network"], -one["since_start"]))
    heads = ("network", "direction", "outcome", "since the start", "lately")
    show_table(to, heads, (_cells(row) for row in rows))
    if said["waiting"]:
        typer.echo()
        keys = ("direction", "brought_by", "jobs", "oldest")
        found = ([str(one[key]) for key in keys] for one in said["waiting"])
        show_table(to, ("waits", "of", "events", "since"), found)
    if of_rooms := said["encryption"]["said"]:
        typer.echo("\n" + "\n".join(of_rooms))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    number, lately = str(row["since_start"]), str(row["lately"] or "")
    return row["network"] or "(rooms)", row["direction"], row["outcome"], number, lately


async def _asked(config: Config, words: list[str]) -> dict[str, Any]:
    answer = await running.ask(config, f"{PATH}/do", {"words": words})
    if answer is None:
        raise Failure(
            Exit.FOUND,
            "The bridge does not answer; what it counts is in its memory, so it must be running.",
        )
    status, said = answer
    if status != _DONE or not isinstance(said, dict):
        raise Failure(Exit.FOUND, str(said.get("error", "")) if isinstance(said, dict) else "?")
    return said
