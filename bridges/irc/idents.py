"""User names ("idents") that belong to one login each, and stay with it over restarts.

Bans name them, so two people must never share one, nor one person come back under another.
"""

import asyncio

from bridgekit import Host, LoginID, RetryLater, Scope
from bridges.irc.nicks import users

_MOST = 10_000  # of one name


class Idents:
    """Of one network; `host` keeps whose is which."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._taking = asyncio.Lock()

    async def of(self, login: LoginID, wanted: str) -> str:
        """The user name of a login: the one that it always had, else the first that is free."""
        async with self._taking:
            if known := await self._host.load(f"ident of {login}"):
                return known
            for name in users(wanted, _MOST):
                if await self._host.load(f"ident {name}") in (None, login):
                    await self._host.save(f"ident {name}", login)
                    await self._host.save(f"ident of {login}", name)
                    return name
        raise RetryLater(f"There is no user name like {wanted} left on IRC.", scope=Scope.LOGIN)
