"""Which chats' past was read already, and behind which message something may have been missed."""

from __future__ import annotations

from bridgekit.ids import MessageID, NetworkName, PortalID
from bridgekit.lru import LRU
from bridgekit.store.gaps import GapRows
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer


class KnownPast:
    """Of all networks."""

    def __init__(self, rows: GapRows, people: People, writer: Writer) -> None:
        self._rows, self._people, self._writer = rows, people, writer
        self._read: LRU[PortalID, bool] = LRU(10_000)

    async def after(self, portal: PortalID) -> MessageID | None:
        """The message behind which a gap begins; None: the chat has none yet."""
        return await self._rows.latest(portal)

    async def has(self, network: NetworkName, portal: PortalID) -> bool:
        """Whether a chat's past was read, or it never had to be."""
        known = self._read.get(portal)
        if known is None:
            known = await self._people.value(_shelf(network), str(portal)) is not None
            known = known or await self._rows.latest(portal) is not None
            if known:
                self._read.put(portal, value=True)
        return known

    async def remember(self, network: NetworkName, portal: PortalID) -> None:
        """It was read; durable on return."""
        if not self._read.get(portal):
            await self._writer.write(save_value(_shelf(network), str(portal), "read"))
            self._read.put(portal, value=True)


def _shelf(network: NetworkName) -> NetworkName:
    """Apart from what adapters save: a space is in no network's name."""
    return NetworkName(f"{network} history")
