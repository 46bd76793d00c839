"""`bridgekit changes`: what happened to the bridge itself: starts, logins, brakes, migrations."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.looking.listing import Listing
from bridgekit.cli.looking.watching import Watch
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit
from bridgekit.cli.output import iso, local
from bridgekit.clock import SystemClock
from bridgekit.lanes.journey import millis
from bridgekit.store.listed import Sought
from bridgekit.store.listed import changes as listed
from bridgekit.units import duration

Word = Annotated[str, typer.Argument(metavar="WORD", help="What it says, like login or brake.")]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="Not older, like '2 hours'.")]


def changes(
    word: Word = "",
    config: ConfigPath = DEFAULT,
    since: Since = "",
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
    watch: Watch = False,
) -> None:
    """List what happened to the bridge itself, the latest first.

    \b
    Examples:
      bridgekit changes
      bridgekit changes login --since '2 hours' --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    sought = Sought(word=word, since=_since(since), limit=limit)
    _LISTING.run(config, sought, as_json=as_json, watch=watch)


def _since(text: str) -> int:
    if not text:
        return 0
    try:
        return millis(SystemClock()) - int(duration(text) * 1000)
    except ValueError as error:
        raise Failure(Exit.USAGE, f"--since {error}") from error


def _record(row: Any) -> dict[str, Any]:
    return {"at": iso(row.at), "what": row.what, "detail": row.detail}


_LISTING = Listing(
    ask=listed,
    heads=("when", "what", "detail"),
    cells=lambda row: (local(row.at), row.what, row.detail),
    record=_record,
    nothing="Nothing of the kind happened.",
)
