"""What the networks last told of people's names, kept until their ghosts bear them and after.

A ghost that is not there yet, or says nothing for a month, still gets its newest name when it is
next seen; so nobody is asked twice for what was told already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bridgekit.facts import UserInfo
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.lru import LRU
from bridgekit.naming import clean_name
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer

KEPT = 20_000


class Names:
    """Of all networks."""

    def __init__(self, people: People, writer: Writer) -> None:
        self._people, self._writer = people, writer
        self._told: LRU[tuple[NetworkName, RemoteUserID], str] = LRU(KEPT)

    async def of(self, network: NetworkName, user: RemoteUserID) -> str | None:
        """The name last told; None if there is none."""
        told = self._told.get((network, user))
        if told is None:
            stored = await self._people.value(_shelf(network), user) or ""
            told = self._told.get((network, user))  # somebody may have told it meanwhile
            if told is None:
                told = self._told.put((network, user), stored)
        return told or None

    async def tell(self, network: NetworkName, infos: Iterable[UserInfo]) -> None:
        """Keep the names among `infos`, durable on return; what is known already costs nothing."""
        news = {}
        for info in infos:
            name = clean_name(info.name or "")
            if info.id is not None and name and self._told.get((network, info.id)) != name:
                news[info.id] = name
        for user, name in news.items():
            self._told.put((network, user), name)
        try:
            await asyncio.gather(
                *(
                    self._writer.write(save_value(_shelf(network), user, name))
                    for user, name in news.items()
                )
            )
        except BaseException:
            for user in news:  # not stored: when it is told again, it is news again
                self._told.forget((network, user))
            raise


def _shelf(network: NetworkName) -> NetworkName:
    """Where the names stand among the small values; no network's own name has a space."""
    return NetworkName(f"{network} names")
