"""Which chats' past was read already, and behind which message something may have been missed.

Where others spoke, that is the last that they said. Else it is noted how far the past was read; and
what nobody has read begins when the bridging of the chat did (`Portal.since`).
"""

from __future__ import annotations

from bridgekit.ids import MessageID, PortalID
from bridgekit.lru import LRU
from bridgekit.models import Millis, Portal
from bridgekit.store.gaps import GapRows, known_shelf, save_known_past
from bridgekit.store.people import People
from bridgekit.store.writer import Writer

_READ = "read"
_AS_FAR_AS = "as far as "  # and a message


class KnownPast:
    """Of all networks."""

    def __init__(self, rows: GapRows, people: People, writer: Writer) -> None:
        self._rows, self._people, self._writer = rows, people, writer
        self._read: LRU[tuple[PortalID, Millis | None], bool] = LRU(10_000)

    async def after(self, portal: Portal) -> MessageID | None:
        """The message behind which a gap begins; None: it begins where the bridging did."""
        latest = await self._rows.latest(portal)
        if latest is not None:
            return latest
        known = await self._noted(portal) or ""
        found = known.startswith(_AS_FAR_AS)
        return MessageID(known.removeprefix(_AS_FAR_AS)) if found else None

    async def has(self, portal: Portal) -> bool:
        """Whether a chat's past was read, or it never had to be."""
        key = portal.id, portal.since
        known = self._read.get(key)
        if known is None:
            known = await self._noted(portal) is not None
            known = known or await self._rows.latest(portal) is not None
            if known:
                self._read.put(key, value=True)
        return known

    async def known_at(self, portal: Portal, since: Millis) -> bool:
        """Whether anything of a chat was known before then: that it had a room makes no past."""
        noted = await self._noted(portal) is not None
        return noted or await self._rows.linked_before(portal.id, since)

    async def remember(self, portal: Portal, newest: MessageID | None = None) -> None:
        """It was read, as far as its `newest` message where that has an ID; durable on return."""
        value = _READ if newest is None else _AS_FAR_AS + newest
        await self._writer.write(save_known_past(portal, value))
        self._read.put((portal.id, portal.since), value=True)

    async def _noted(self, portal: Portal) -> str | None:
        return await self._people.value(known_shelf(portal), str(portal.id))
