"""What belongs to one login each, and stays with it over restarts: user names, addresses.

Bans name them, so two people must never share one, nor one person come back under another.
"""

import asyncio
from collections.abc import Iterable

from bridgekit import Host, LoginID


class Owned:
    """Of one network; `host` keeps whose is which. `kind` is what is owned, as it is kept."""

    def __init__(self, host: Host, kind: str) -> None:
        self._host, self._kind = host, kind
        self._taking = asyncio.Lock()

    async def of(self, login: LoginID, wanted: Iterable[str]) -> str | None:
        """What a login always had, else the first of those `wanted` that is free, if any is."""
        async with self._taking:
            if known := await self._host.load(f"{self._kind} of {login}"):
                return known
            for one in wanted:
                if await self._host.load(f"{self._kind} {one}") in (None, login):
                    await self._host.save(f"{self._kind} {one}", login)
                    await self._host.save(f"{self._kind} of {login}", one)
                    return one
        return None
