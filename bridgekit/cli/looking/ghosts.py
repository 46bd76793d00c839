"""`bridgekit ghosts`: the accounts that stand for people of the networks."""

from __future__ import annotations

from typing import Any

from bridgekit.cli.looking.listing import Listing, Network, Word
from bridgekit.cli.looking.watching import Watch
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit
from bridgekit.cli.output import iso
from bridgekit.store.listed import Sought
from bridgekit.store.listed import ghosts as listed


def ghosts(
    word: Word = "",
    config: ConfigPath = DEFAULT,
    network: Network = "",
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
    watch: Watch = False,
) -> None:
    """List who people of a network are on Matrix.

    \b
    Examples:
      bridgekit ghosts alice
      bridgekit ghosts --network libera --limit 1000 --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    _LISTING.run(config, Sought(network, word, limit=limit), as_json=as_json, watch=watch)


def _record(row: Any) -> dict[str, Any]:
    return {
        "network": row.network,
        "user": row.user,
        "mxid": row.mxid,
        "name": row.name,
        "made_at": iso(row.made_at) if row.made_at else None,
    }


_LISTING = Listing(
    ask=listed,
    heads=("network", "user", "on Matrix", "name"),
    cells=lambda row: (row.network, row.user, row.mxid, row.name or ""),
    record=_record,
    nothing="There is no such ghost.",
)
