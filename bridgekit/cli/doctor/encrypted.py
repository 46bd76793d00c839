"""The check of `doctor` on rooms that nobody here can read: it cannot be switched off in a room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.asking import OK, Asking, patient
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_homeservers import ENCRYPTED_ROOM

_AT_ONCE = 8
_NAMED = 5  # rooms; the rest is counted


async def encrypted(config: Config) -> AsyncIterator[Finding]:
    """Every room that the bot is in; nothing where the homeserver does not say which those are."""
    async with patient() as session:
        ask = Asking(config, session)
        joined = (await ask("GET", "v3/joined_rooms")).content or {}
        rooms = joined.get("joined_rooms")
        if not isinstance(rooms, list) or not rooms:
            return
        slots = asyncio.Semaphore(_AT_ONCE)

        async def asked(room: str) -> bool:
            async with slots:
                return await is_encrypted(ask, room)

        secret = await asyncio.gather(*(asked(str(room)) for room in rooms))
    found = [str(room) for room, one in zip(rooms, secret, strict=True) if one]
    if not found:
        yield Finding(Severity.OK, f"{count(len(rooms), 'room')} of the bot: none is encrypted.")
        return
    shown = ", ".join(found[:_NAMED])
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    verb = "is" if len(found) == 1 else "are"
    yield ENCRYPTED_ROOM.found(f"{count(len(found), 'room')} {verb} encrypted: {shown}{more}.")


async def is_encrypted(ask: Asking, room: str) -> bool:
    answer = await ask("GET", f"v3/rooms/{quote(room, safe='')}/state/m.room.encryption")
    return answer.status == OK
