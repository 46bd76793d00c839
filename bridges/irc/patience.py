"""How long the answer to a line may take, which cannot come while nothing is read."""

import asyncio

from bridgekit import Sent
from bridges.irc.confirmations import give_up


class Patience:
    """`seconds` for one answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deaf_until = 0.0

    def deaf_for(self, seconds: float) -> None:
        """The core takes nothing more, so for so long nothing is read."""
        self._deaf_until = asyncio.get_running_loop().time() + seconds

    @property
    def deaf(self) -> bool:
        return asyncio.get_running_loop().time() < self._deaf_until

    async def answer(self, outcome: asyncio.Future[Sent]) -> Sent:
        """What was answered, or what `give_up` says."""
        late = asyncio.get_running_loop().call_later(self._seconds, self._late, outcome)
        try:
            return await outcome
        finally:
            late.cancel()

    def _late(self, outcome: asyncio.Future[Sent]) -> None:
        """Give up, but not where the answer may be there and was not read yet."""
        loop = asyncio.get_running_loop()
        again = self._deaf_until + self._seconds
        if loop.time() < again:
            loop.call_at(again, self._late, outcome)
        else:
            give_up(outcome)
