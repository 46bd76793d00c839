"""Keeps what people told the bridge to change: before it is done, and how it ended."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.clock import Clock
from bridgekit.commands.caller import Caller
from bridgekit.commands.command import AnyCommand, Arguments
from bridgekit.commands.free_words import Named, hushed, kept
from bridgekit.ids import RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.store.audit import AuditRows, save_begun, save_ended
from bridgekit.store.writer import Writer

LONGEST = 2_000  # letters of what is kept of the arguments


class Audit:
    """A command that was typed is one, however often its message is handled."""

    def __init__(self, rows: AuditRows, writer: Writer, clock: Clock, named: Named) -> None:
        self._rows, self._writer, self._clock, self.named = rows, writer, clock, named

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
        shown = self._shown(arguments, AuditOutcome.BEGUN)
        at = millis(self._clock)
        begun = Audited(key, at, caller.user, caller.via, command.name, shown, room)
        await self._writer.write(save_begun(begun))
        return key

    async def end(
        self, key: str, outcome: AuditOutcome, arguments: Arguments, detail: str = ""
    ) -> None:
        """How it ended; what was typed names something now, or stays hidden."""
        shown = self._shown(arguments, outcome)
        said = hushed(detail, arguments, self.named)
        await self._writer.write(save_ended(key, outcome, shown, said))

    async def latest(self, limit: int, user: UserID | None = None) -> Sequence[Audited]:
        return await self._rows.latest(limit, user)

    def _shown(self, arguments: Arguments, outcome: AuditOutcome) -> str:
        """As JSON, and without what is nobody's business."""
        values = kept(arguments, self.named, done=outcome is AuditOutcome.DONE)
        return json.dumps(values, default=str, ensure_ascii=False)[:LONGEST]
