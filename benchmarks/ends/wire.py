"""What every protocol of the benchmarks has: a connection that is written to."""

from __future__ import annotations

import asyncio
from typing import cast


class Wire(asyncio.Protocol):
    """A TCP connection."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
