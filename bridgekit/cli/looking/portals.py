"""`bridgekit portals`: which chat is tied to which room, and how much waits there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridgekit.cli.looking.listing import Listing, Network, Word
from bridgekit.cli.looking.watching import Watch
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit
from bridgekit.models import PortalState
from bridgekit.store.listed import Sought
from bridgekit.store.listed import portals as listed

OfState = Annotated[PortalState | None, typer.Option("--state", help="In this state.")]


def portals(
    word: Word = "",
    config: ConfigPath = DEFAULT,
    network: Network = "",
    state: OfState = None,
    limit: Limit = 100,
    *,
    as_json: AsJSON = False,
    watch: Watch = False,
) -> None:
    """List chats and the rooms that they are tied to.

    \b
    Examples:
      bridgekit portals python
      bridgekit portals --network libera --state creating --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    sought = Sought(network, word, state.value if state else "", limit=limit)
    _LISTING.run(config, sought, as_json=as_json, watch=watch)


def _cells(row: Any) -> tuple[str, ...]:
    private = f" ({row.receiver})" if row.receiver else ""
    waiting = str(row.waiting or "")
    return row.network, f"{row.chat}{private}", row.state, row.flow, row.room or "", waiting


def _record(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "network": row.network,
        "chat": row.chat,
        "login": row.receiver or None,
        "state": row.state,
        "direction": row.flow,
        "room": row.room,
        "made_by_us": bool(row.ours),
        "waiting": row.waiting,
    }


_LISTING = Listing(
    ask=listed,
    heads=("network", "chat", "state", "way", "room", "waiting"),
    cells=_cells,
    record=_record,
    nothing="There is no such chat.",
)
