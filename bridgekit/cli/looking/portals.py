"""`bridgekit portals`: which chat is tied to which room, and how much waits there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer
from sqlalchemy import Row

from bridgekit.cli.looking.listing import Listing, Network, Word
from bridgekit.cli.looking.unheard import MOST, unheard
from bridgekit.cli.looking.watching import Watch
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, Limit, load
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.models import PortalState
from bridgekit.store.encryption import EncryptionRows
from bridgekit.store.listed import Sought
from bridgekit.store.listed import portals as listed
from bridgekit.store.reader import Reader

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

    Of the running bridge it asks which chats no login of its own hears: nothing crosses there.

    \b
    Examples:
      bridgekit portals python
      bridgekit portals --network libera --state creating --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    sought = Sought(network, word, state.value if state else "", limit=limit)
    _listing(load(config)).run(config, sought, as_json=as_json, watch=watch)


@dataclass(frozen=True, slots=True)
class _Portal:
    """A row, whether it is a shared chat that no login hears (None: the bridge does not say), and
    whether its room is known to be encrypted.
    """

    row: Row[Any]
    unheard: bool | None
    encrypted: bool


async def _asked(config: Config, reader: Reader, sought: Sought) -> Sequence[_Portal]:
    rows, told = await listed(reader, sought), await unheard(config)
    silent: Collection[object] = {one["id"] for one in told or ()}
    others = None if told is None or len(told) >= MOST else False
    secret = await EncryptionRows(reader).rooms()
    return [_Portal(row, row.id in silent or others, row.room in secret) for row in rows]


def _cells(one: _Portal) -> tuple[str, ...]:
    row = one.row
    private = f" ({row.receiver})" if row.receiver else ""
    state = f"{row.state}, encrypted" if one.encrypted else row.state
    state = f"{state}, no login hears it" if one.unheard else state
    waiting = str(row.waiting or "")
    return row.network, f"{row.chat}{private}", state, row.flow, row.room or "", waiting


def _record(one: _Portal) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.id,
        "network": row.network,
        "chat": row.chat,
        "login": row.receiver or None,
        "state": row.state,
        "unheard": one.unheard,
        "direction": row.flow,
        "room": row.room,
        "encrypted": one.encrypted,
        "made_by_us": bool(row.ours),
        "waiting": row.waiting,
    }


def _told(found: Sequence[_Portal]) -> str:
    silent = sum(one.unheard is True for one in found)
    return f"No login hears {count(silent, 'chat')}: see `bridgekit doctor`." if silent else ""


def _listing(config: Config) -> Listing:
    return Listing(
        ask=partial(_asked, config),
        heads=("network", "chat", "state", "way", "room", "waiting"),
        cells=_cells,
        record=_record,
        nothing="There is no such chat.",
        told=_told,
    )
