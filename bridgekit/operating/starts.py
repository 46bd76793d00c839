"""What the bridge knows of its last start: when it was, and what the configuration said then.

Kept once the homeserver has answered, so that it is the configuration of a start that worked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version

from bridgekit.clock import Clock
from bridgekit.configuration.config import Config
from bridgekit.configuration.differences import remembered, secret_kept, since
from bridgekit.ids import NetworkName
from bridgekit.lanes.journey import millis
from bridgekit.models import Millis
from bridgekit.store.changes import Change, latest, note
from bridgekit.store.people import People, save_value
from bridgekit.store.reader import Reader
from bridgekit.store.sql import Rows
from bridgekit.store.store import Store

START, RELOAD = "start", "reload"
_NOWHERE, _KEY = NetworkName(""), "configuration"  # where it is kept: no network is called so
_ENOUGH = 1000  # changes among which the last start is looked for


async def note_start(store: Store, config: Config, clock: Clock) -> None:
    """Also what is configured otherwise than at the last start. Durable on return."""
    at, release = millis(clock), version("matrix-bridgekit")
    before = await _last(store.reader)
    changed = [] if before is None else since(before, config)
    operations = (
        note(at, START, f"bridgekit {release}"),
        *(note(at, "setting changed since the last start", str(one)) for one in changed),
        save_value(_NOWHERE, _KEY, json.dumps(remembered(config))),
    )
    await store.writer.write(Rows(*(change for one in operations for change in one.changes)))


async def last_start(reader: Reader) -> Millis | None:
    """When it was; None: never, or too long ago to matter."""
    found = (one.at for one in await latest(reader, _ENOUGH) if one.what == START)
    return next(found, None)


async def last_read(reader: Reader) -> Change | None:
    """When the configuration was read last: at the start, or by a reload since.

    A reload's `detail` is what waits for a restart.
    """
    found = (one for one in await latest(reader, _ENOUGH) if one.what in {START, RELOAD})
    return next(found, None)


async def tokens_replaced(reader: Reader, config: Config) -> list[str]:
    """Which of the two tokens are none that the last start had: old ones, and those to come."""
    before = await _last(reader)
    if before is None:
        return []
    settings = config.appservice
    ours = {
        "as_token": (settings.as_token, settings.as_token_next),
        "hs_token": (settings.hs_token, settings.hs_token_next),
    }
    replaced = []
    for name, tokens in ours.items():
        had = {before.get(f"appservice.{name}"), before.get(f"appservice.{name}_next")}
        if not had & {secret_kept(token) for token in tokens if token is not None}:
            replaced.append(name)
    return replaced


async def _last(reader: Reader) -> Mapping[str, str] | None:
    kept = await People(reader).value(_NOWHERE, _KEY)
    found: Mapping[str, str] | None = None if kept is None else json.loads(kept)
    return found
