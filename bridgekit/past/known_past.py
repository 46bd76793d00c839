"""Which chats' past was read already, and behind which message something may have been missed.

A chat in which only we spoke has no message of others that would say so: there it is noted how far
its past is known, from when it got its room.
"""

from __future__ import annotations

from bridgekit.ids import MessageID, NetworkName, PortalID
from bridgekit.lru import LRU
from bridgekit.store.gaps import GapRows
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer

_READ = "read"
_AS_FAR_AS = "as far as "  # and a message


class KnownPast:
    """Of all networks."""

    def __init__(self, rows: GapRows, people: People, writer: Writer) -> None:
        self._rows, self._people, self._writer = rows, people, writer
        self._read: LRU[PortalID, bool] = LRU(10_000)

    async def after(self, network: NetworkName, portal: PortalID) -> MessageID | None:
        """The message behind which a gap begins, or `BEGINNING`; None: nobody knows."""
        latest = await self._rows.latest(portal)
        if latest is not None and not latest.ours:
            return latest.message
        known = await self._people.value(_shelf(network), str(portal)) or ""
        if known.startswith(_AS_FAR_AS):
            return MessageID(known.removeprefix(_AS_FAR_AS))
        return None if latest is None else latest.message

    async def has(self, network: NetworkName, portal: PortalID) -> bool:
        """Whether a chat's past was read, or it never had to be."""
        known = self._read.get(portal)
        if known is None:
            known = await self._people.value(_shelf(network), str(portal)) is not None
            known = known or await self._rows.latest(portal) is not None
            if known:
                self._read.put(portal, value=True)
        return known

    async def known_at(self, network: NetworkName, portal: PortalID, since: int) -> bool:
        """Whether anything of a chat was known before then: what we send does not make a past."""
        noted = await self._people.value(_shelf(network), str(portal)) is not None
        return noted or await self._rows.linked_before(portal, since)

    async def remember(
        self, network: NetworkName, portal: PortalID, newest: MessageID | None = None
    ) -> None:
        """It was read, as far as its `newest` message where that has an ID; durable on return."""
        if newest is None and self._read.get(portal):
            return
        value = _READ if newest is None else _AS_FAR_AS + newest
        await self._writer.write(save_value(_shelf(network), str(portal), value))
        self._read.put(portal, value=True)


def _shelf(network: NetworkName) -> NetworkName:
    """Apart from what adapters save: a space is in no network's name."""
    return NetworkName(f"{network} history")
