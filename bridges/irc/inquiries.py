"""What a connection asks of its own accord, at the pace of everything else that it says."""

import asyncio

from bridgekit import Host, LoginID
from bridges.irc.config import Flood
from bridges.irc.connection import ServerConnection


class Inquiries:
    """Of one connection; the same question is asked once, however often it is wanted meanwhile."""

    def __init__(
        self, host: Host, login: LoginID, flood: Flood, connection: ServerConnection
    ) -> None:
        self._host, self._login, self._flood = host, login, flood
        self._connection = connection
        self._wanted: dict[str, None] = {}
        self._woken = asyncio.Event()

    def want(self, line: str) -> None:
        self._wanted[line] = None
        self._woken.set()

    async def run(self) -> None:
        """Ask whatever is wanted, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._wanted:
                await self._host.pace(self._login, rate=self._flood.rate, burst=self._flood.burst)
                line = next(iter(self._wanted))
                del self._wanted[line]
                self._connection.write(line)
