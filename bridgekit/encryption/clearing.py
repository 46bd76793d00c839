"""Devices of ghosts, where encrypted rooms are bridged no more: they are removed. Needs no library.

Clients would go on sending keys to them, and the homeserver keeps what nobody fetches.
"""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.matrix.ghost_devices import GhostDeviceCalls
from bridgekit.patience import patiently
from bridgekit.store.ghost_devices import GhostDeviceRows, forget_ghost_device
from bridgekit.store.writer import Writer

_ALL = 1 << 62  # milliseconds: whenever they were seen to


class Clearing:
    """Until none is left. One that is wanted again is made anew when its ghost speaks."""

    def __init__(
        self, calls: GhostDeviceCalls, rows: GhostDeviceRows, writer: Writer, clock: Clock
    ) -> None:
        self._calls, self._rows, self._writer, self._clock = calls, rows, writer, clock

    async def run(self) -> None:
        await patiently(self._clear, self._clock)

    async def _clear(self) -> None:
        while some := await self._rows.due(_ALL):
            for row in some:
                await self._calls.remove(row.ghost, row.device)
                await self._writer.write(forget_ghost_device(row))
