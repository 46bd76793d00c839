"""`bridgekit logins`: who is signed in where, and how each login stood last."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridgekit.adapter import LoginState
from bridgekit.cli.looking.listing import Listing, Network, Word
from bridgekit.cli.looking.watching import Watch
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit
from bridgekit.cli.output import iso, local
from bridgekit.store.listed import Sought
from bridgekit.store.listed import logins as listed

OfState = Annotated[LoginState | None, typer.Option("--state", help="That stood so last.")]
ALL = 100_000  # the state is known only once a row is read


def logins(
    word: Word = "",
    config: ConfigPath = DEFAULT,
    network: Network = "",
    state: OfState = None,
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
    watch: Watch = False,
) -> None:
    """List logins and how each stood last.

    \b
    Examples:
      bridgekit logins
      bridgekit logins --state refused --watch
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    sought = Sought(network, word, limit=ALL if state else limit)
    wanted = (lambda row: _state(row) == state.value) if state else (lambda _: True)
    _LISTING.run(config, sought, as_json=as_json, watch=watch, fits=wanted)


def _state(row: Any) -> str:
    """The last word of its last change."""
    return "unknown" if row.state is None else str(row.state).rpartition(" ")[2]


def _cells(row: Any) -> tuple[str, ...]:
    used = local(row.used_at) if row.used_at else "never"
    why = f"{_state(row)}: {row.why}" if row.why else _state(row)
    return row.network, row.id, row.owner or "the bridge", why, used


def _record(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "network": row.network,
        "owner": row.owner,
        "account": row.me,
        "kind": row.kind,
        "state": _state(row),
        "why": row.why or None,
        "used_at": iso(row.used_at) if row.used_at else None,
    }


_LISTING = Listing(
    ask=listed,
    heads=("network", "login", "of", "state", "used"),
    cells=_cells,
    record=_record,
    nothing="There is no such login.",
)
