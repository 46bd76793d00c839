"""A line in the audit log for what was blocked: who sent it, where, and what was found."""

from __future__ import annotations

import hashlib
import json

import structlog

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.clock import Clock
from bridgekit.commands.caller import Via
from bridgekit.ids import NetworkName, RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.models import Millis
from bridgekit.scanning.verdict import Blocked
from bridgekit.store.audit import save_begun
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()
COMMAND = "content-scan"  # where others have the name of a command


def line_of(
    blocked: Blocked,
    at: Millis,
    source: str,
    network: NetworkName,
    user: UserID,
    room: RoomID | None,
) -> Rows:
    """The same for each try at the same `source`: it is written once."""
    key = hashlib.sha256(f"{COMMAND}\0{network}\0{source}\0{blocked}".encode(errors="replace"))
    arguments = json.dumps({"network": network, "what": str(blocked)}, ensure_ascii=False)
    line = Audited(
        key=key.hexdigest()[:32],
        at=at,
        user=user,
        via=Via.BRIDGE.value,
        command=COMMAND,
        arguments=arguments,
        room=room,
        outcome=AuditOutcome.REFUSED,
        detail=blocked.found,
    )
    return save_begun(line)


class Report:
    """For what is blocked while something else goes on."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer, self._clock = writer, clock

    async def __call__(
        self,
        blocked: Blocked,
        source: str,
        network: NetworkName,
        user: UserID,
        room: RoomID | None = None,
    ) -> None:
        """Durable on return."""
        log.warning("blocked by the content scan", network=network, user=user, found=blocked.found)
        await self._writer.write(line_of(blocked, millis(self._clock), source, network, user, room))
