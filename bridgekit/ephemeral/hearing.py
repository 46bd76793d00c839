"""What people do without saying anything, told to whom it concerns: the inbox's `Listener`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bridgekit.ephemeral.noticed import Noticed
from bridgekit.ephemeral.receipts import Receipts
from bridgekit.ephemeral.typing_notices import TypingToMatrix, TypingToNetwork
from bridgekit.matrix.ephemeral import NowTyping, Read


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """Receipts and typing, both ways."""

    receipts: Receipts
    to_matrix: TypingToMatrix
    to_network: TypingToNetwork

    async def hear(self, news: Sequence[Read | NowTyping]) -> None:
        """See `Listener`: receipts are stored, typing is told and forgotten."""
        await self.receipts.read([one for one in news if isinstance(one, Read)])
        for one in news:
            if isinstance(one, NowTyping):
                await self.to_network.now(one)

    def noticed(self, noticed: Noticed) -> None:
        """What a network has told, once it is stored."""
        for portal_id in {one.portal for one in noticed.receipts}:
            self.receipts.wake(portal_id)
        for portal, user, active in noticed.typing:
            self.to_matrix.typing(portal, user, active=active)

    async def run(self) -> None:
        """Tell it all until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self.receipts, self.to_matrix, self.to_network):
                group.create_task(work.run(), name="ephemeral")

    @property
    def busy(self) -> bool:
        """Whether something is about to be told."""
        return self.receipts.busy or self.to_matrix.busy or self.to_network.busy
