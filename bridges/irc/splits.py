"""Who has quit, until it is clear that they stay away: netsplits come and go by the hundred.

A quit waits for a moment. Where a server has lost another (an IRCv3 batch says so, or the reason
names two servers, or several have the same reason at once), whoever was behind it is given time to
come back, which then nobody sees. Who does not come back within that time has left.
"""

import asyncio
import re
from collections import Counter, OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from bridgekit import ChatID, Content, Rank, RemoteEvent, RemoteUserID

Leaves = dict[ChatID, tuple[RemoteEvent[Content], Rank]]
"""What is to be told of somebody who leaves, and the rank that they had, by chat."""

_SERVERS = re.compile(r"(?!.*://)[\w*-]+(?:\.[\w*-]+)+ [\w*-]+(?:\.[\w*-]+)+")
_AT_ONCE = 5  # quits with one reason within a moment that nobody makes by hand


@dataclass(slots=True)
class _Gone:
    reason: str
    until: float
    leaves: Leaves


class Splits:
    """Of one connection. `moment` and `patience` are seconds; without a moment nothing waits."""

    def __init__(self, moment: float, patience: float) -> None:
        self._moment, self._patience = moment, patience
        self._gone: dict[RemoteUserID, _Gone] = {}
        self._lately = OrderedDict[RemoteUserID, tuple[float, str]]()
        """When and why somebody quit within the last moment."""
        self._reasons = Counter[str]()
        self._changed = asyncio.Event()

    def quit(
        self,
        user: RemoteUserID,
        reason: str,
        leaves: Leaves,
        *,
        split: bool,
    ) -> list[RemoteEvent[Content]]:
        """Somebody is gone from these chats; what is to be told of it at once.

        `split`: the server says that it is one.
        """
        if not self._moment:
            return _events(leaves)
        split = split or bool(_SERVERS.fullmatch(reason))
        at_once = self._at_once(user, reason)
        if at_once == _AT_ONCE or split:
            for gone in self._gone.values():
                if gone.reason == reason:
                    gone.until = self._now() + self._patience
        wait = self._patience if split or at_once >= _AT_ONCE else self._moment
        before = self._gone.pop(user, None)
        self._gone[user] = _Gone(reason, self._now() + wait, leaves)
        self._changed.set()
        return _events(before.leaves) if before else []

    def _at_once(self, user: RemoteUserID, reason: str) -> int:
        """How many have quit with a reason within a moment, now that another one has."""
        now = self._now()
        if user in self._lately:
            self._lately.move_to_end(user, last=False)
            self._count_out()
        while self._lately and next(iter(self._lately.values()))[0] <= now - self._moment:
            self._count_out()
        self._lately[user] = now, reason
        self._reasons[reason] += 1
        return self._reasons[reason]

    def _count_out(self) -> None:
        _, (_, reason) = self._lately.popitem(last=False)
        self._reasons[reason] -= 1
        if not self._reasons[reason]:
            del self._reasons[reason]

    def returned(self, user: RemoteUserID, chat: ChatID) -> Rank | None:
        """Somebody has joined a chat: their rank there before, if nobody was told that they left.

        None: this is news.
        """
        gone = self._gone.get(user)
        if gone is None or chat not in gone.leaves:
            return None
        _, rank = gone.leaves.pop(chat)
        if not gone.leaves:
            del self._gone[user]
        return rank

    def away(self, chat: ChatID) -> list[RemoteUserID]:
        """Who may come back to a chat without anybody noticing."""
        return [user for user, gone in self._gone.items() if chat in gone.leaves]

    async def over(self) -> None:
        """Wait until somebody has stayed away for long enough to have `left`."""
        while not self._over():
            self._changed.clear()
            first = min((gone.until for gone in self._gone.values()), default=None)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if first is None else first - self._now()):
                    await self._changed.wait()

    def left(self) -> list[RemoteEvent[Content]]:
        """What is to be told of those who have stayed away, and are not back by now."""
        return [event for user in self._over() for event in _events(self._gone.pop(user).leaves)]

    def _over(self) -> list[RemoteUserID]:
        now = self._now()
        return [user for user, gone in self._gone.items() if gone.until <= now]

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _events(leaves: Leaves) -> list[RemoteEvent[Content]]:
    return [event for event, _ in leaves.values()]
