"""The gaps that are open, and the order in which they are filled.

A start may open one in every chat there is: until something is known of one, it is nothing but
its number.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Set as AbstractSet

from bridgekit.ids import MessageID, PortalID
from bridgekit.store.gaps import Gap


class OpenGap:
    """`kept` are the places for the past, once something new has come; `after`: where it begins.

    `to_fill`: it can be read now; `filling`: somebody reads it already.
    """

    __slots__ = ("after", "filling", "kept", "lock", "to_fill")

    def __init__(self, *, to_fill: bool) -> None:
        self.to_fill = to_fill
        self.kept: Gap | None = None
        self.after: MessageID | None = None
        self.filling = False
        self.lock = asyncio.Lock()


class OpenGaps:
    """By the chats that they are in."""

    def __init__(self) -> None:
        # None: it is to be filled, and nothing else is known of it.
        self._open: dict[PortalID, OpenGap | None] = {}
        self._order: deque[PortalID] = deque()  # may name what is not to be filled (any more)

    def __contains__(self, portal: object) -> bool:
        return portal in self._open

    def __getitem__(self, portal: PortalID) -> OpenGap:
        gap = self._open[portal]
        if gap is None:
            gap = self._open[portal] = OpenGap(to_fill=True)
        return gap

    def get(self, portal: PortalID) -> OpenGap | None:
        """What is known of it; None if that is nothing, or if it is closed."""
        return self._open.get(portal)

    def open(self, portal: PortalID) -> OpenGap:
        """It is there, but cannot be filled yet; one that is there already stays as it is."""
        if portal not in self._open:
            self._open[portal] = OpenGap(to_fill=False)
        return self[portal]

    def close(self, portal: PortalID) -> None:
        del self._open[portal]

    def fill(self, portal: PortalID) -> None:
        """It is to be filled, after those that are to be already."""
        if portal not in self._open:
            self._open[portal] = None
        elif (gap := self._open[portal]) is None or gap.to_fill:
            return  # its turn comes
        else:
            gap.to_fill = True
        self._order.append(portal)

    def fill_first(self, portals: AbstractSet[PortalID]) -> None:
        """Of these, those that are open, before all others: somebody talks there."""
        for portal in portals & self._open.keys():
            self[portal].to_fill = True
            self._order.appendleft(portal)

    def hurry(self, portal: PortalID) -> None:
        """If it is to be filled, then before the others."""
        self._order.appendleft(portal)

    def later(self, portal: PortalID) -> None:
        """If it is still to be filled, then after the others."""
        self._order.append(portal)

    def next(self) -> PortalID | None:
        """The next that is to be filled, and that nobody fills."""
        while self._order:
            portal = self._order.popleft()
            if portal in self and self[portal].to_fill and not self[portal].filling:
                return portal
        return None
