"""A room of the operators: it hears when something is in the way, when it is over, and what failed.

Once a day one line; what is said is of the bridge itself, never what people say.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bridgekit.clock import Clock
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import RoomID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.intents import Intents
from bridgekit.metrics.health import Check, Health
from bridgekit.models import Direction
from bridgekit.patience import patiently
from bridgekit.reasons import Reason
from bridgekit.status import Status

log = structlog.get_logger()

EVERY = 30.0  # seconds between two looks
AGAIN = 300.0  # seconds until it is tried again to be in the room
FAILURES = frozenset(
    {Reason.REJECTED, Reason.LOGIN_REFUSED, Reason.NO_LOGIN, Reason.MAY_NOT_BE_SENT}
    | {Reason.HOMESERVER_REFUSED, Reason.BROKEN_RECORD, Reason.INTERNAL, Reason.DEATHS}
    | {Reason.EXPIRED, Reason.FILE_MISSING, Reason.BLOCKED, Reason.ENCRYPTED, Reason.UNREADABLE}
    | {Reason.NOT_ENCRYPTED, Reason.NO_POWER, Reason.CHAT_MOVED}
)

Counts = Mapping[tuple[str, Direction, Reason], int]


class OperatorRoom:
    """`waiting` is how many events wait now. What is in the way is said when it is so at
    two looks: a restart of the homeserver is no alarm.
    """

    def __init__(
        self,
        settings: OperationSettings,
        intents: Intents,
        status: Status,
        health: Health,
        waiting: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._settings, self._intents, self._status = settings, intents, status
        self._health, self._waiting, self._clock = health, waiting, clock
        self._suspected: set[str] = set()
        self._said: dict[str, str] = {}
        self._reported: Counter[tuple[str, Direction, Reason]] = Counter()
        self._since = "the start"  # what was counted before is counted no more
        self._numbers = 0

    async def run(self) -> None:
        """Until cancelled; returns at once where no room is configured."""
        if self._settings.room is None:
            await asyncio.get_running_loop().create_future()
        room = await self._entered(str(self._settings.room))
        due = self._next_report()
        while True:
            for line in self._news(await self._health.ready()):
                await self._say(room, line)
            if self._clock.now() >= due:
                await self._say(room, self._report())
                due = self._next_report()
            await self._clock.sleep(EVERY)

    async def _entered(self, name: str) -> RoomID:
        warned = False
        while True:
            try:
                return await self._intents.join(self._intents.bot, RoomID(name))
            except (Rejected, RetryLater) as error:
                if not warned:
                    fix = f"invite {self._intents.bot} into the room, or check `operations.room`"
                    log.warning("the room of the operators is closed", why=str(error), fix=fix)
                warned = True
            await self._clock.sleep(AGAIN)

    def _news(self, checks: list[Check]) -> list[str]:
        """What began to be in the way, and what no longer is."""
        ill = {check.what: check.said for check in checks if not check.well}
        lines = [
            f"⚠ {what}: {said}"
            for what, said in ill.items()
            if what in self._suspected and what not in self._said
        ]
        over = [what for what in self._said if what not in ill]
        lines += [f"✓ {what}: this is over." for what in over]
        self._said = {
            what: said for what, said in ill.items() if what in self._suspected | set(self._said)
        }
        self._suspected = set(ill)
        return lines

    def _report(self) -> str:
        """What failed since the last line; also that nothing did."""
        now = Counter(self._status.counts)
        new, self._reported = now - self._reported, now
        delivered = sum(number for (*_, why), number in new.items() if why is Reason.DELIVERED)
        failed: Counter[str] = Counter()
        for (network, _, why), number in new.items():
            if why in FAILURES:
                failed[f"{why.value}{f' on {network}' if network else ''}"] += number
        what = ", ".join(f"{number} {name}" for name, number in failed.most_common())
        waits = self._waiting()
        parts = [f"{delivered} delivered", f"{failed.total()} failed{f': {what}' if what else ''}"]
        if waits:
            parts.append(f"{waits} wait")
        advice = " See `bridgekit queue --by reason`." if failed else ""
        since, self._since = self._since, "the last report"
        return f"Since {since}: {'; '.join(parts)}.{advice}"

    def _next_report(self) -> datetime:
        """The next time that this machine's clock shows that hour."""
        now = self._clock.now().astimezone()
        hour, minute = divmod(self._settings.report_at, 60)
        due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return due if due > now else due + timedelta(days=1)

    async def _say(self, room: RoomID, line: str) -> None:
        self._numbers += 1
        key = f"operators {millis(self._clock)} {self._numbers}"

        async def said() -> object:
            return await self._status.notice(room, line, key=key)

        await patiently(said, self._clock)
