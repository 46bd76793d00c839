"""Keeps what people told the bridge to change: before it is done, and how it ended."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.clock import Clock
from bridgekit.commands.caller import Caller
from bridgekit.commands.command import AnyCommand, Arguments
from bridgekit.commands.words import holds_secret
from bridgekit.ids import RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.store.audit import AuditRows, save_begun, save_ended
from bridgekit.store.writer import Writer

LONGEST = 2_000  # letters of what is kept of the arguments
NAMES = frozenset({"network", "login", "again"})  # arguments that name what there is
Named = Callable[[str], bool]


class Audit:
    """A command that was typed is one, however often its message is handled.

    `named`: whether there is anything of that name; a word that names nothing may be a password.
    """

    def __init__(self, rows: AuditRows, writer: Writer, clock: Clock, named: Named) -> None:
        self._rows, self._writer, self._clock, self._named = rows, writer, clock, named

    async def earlier(self, known_by: str | None) -> Audited | None:
        """What is known of the command in this message, say; None if it was not begun."""
        return None if known_by is None else await self._rows.find(known_by)

    async def begin(
        self,
        caller: Caller,
        command: AnyCommand,
        arguments: Arguments,
        room: RoomID | None,
        known_by: str | None,
    ) -> str:
        """Durable on return; its key."""
        key = known_by or secrets.token_hex(16)
        shown = _shown(arguments, self._named)
        at = millis(self._clock)
        begun = Audited(key, at, caller.user, caller.via, command.name, shown, room)
        await self._writer.write(save_begun(begun))
        return key

    async def end(self, key: str, outcome: AuditOutcome, detail: str = "") -> None:
        await self._writer.write(save_ended(key, outcome, detail))

    async def latest(self, limit: int, user: UserID | None = None) -> Sequence[Audited]:
        return await self._rows.latest(limit, user)


def _shown(arguments: Arguments, named: Named) -> str:
    """As JSON, and without what is nobody's business."""
    fields = type(arguments).model_fields

    def hidden(name: str, value: object) -> bool:
        unknown = name in NAMES and isinstance(value, str) and not named(value)
        return unknown or holds_secret(fields[name])

    values = {
        name: "…" if hidden(name, value) else value
        for name, value in arguments
        if name in arguments.model_fields_set
    }
    return json.dumps(values, default=str)[:LONGEST]
