"""Says in the room, once each time, what is not bridged there any more and for how long."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.ids import UserID
from bridgekit.lanes.journey import millis
from bridgekit.moderation.guard import Stop
from bridgekit.printable import printable
from bridgekit.reasons import Reason
from bridgekit.retry import delay
from bridgekit.status import Status
from bridgekit.store.changes import note
from bridgekit.store.writer import Writer

log = structlog.get_logger()

WAITING = 100  # stops that are still to be told
TRIES = 5  # then it stays in the log
NAME = 100  # letters
MINUTE = 60


class Alarms:
    """Between the guard, which cannot wait, and the rooms, which may have to be waited for."""

    def __init__(self, status: Status, writer: Writer, clock: Clock) -> None:
        self._status, self._writer, self._clock = status, writer, clock
        self._untold: deque[tuple[Stop, str]] = deque(maxlen=WAITING)
        self._added = asyncio.Event()

    def sound(self, stop: Stop) -> None:
        """Something was stopped."""
        crossing, who = stop.crossing, ", ".join(stop.people) or "everybody"
        log.warning(
            "not bridged for a while",
            network=crossing.network or "matrix",
            chat=crossing.chat,
            room=crossing.room,
            who=who,
            rule=stop.reason.value,
            seconds=round(stop.seconds),
            fix="see `moderation` in the configuration",
        )
        at = millis(self._clock)
        self._untold.append((stop, f"guard {crossing.known_by} {at}"))
        self._added.set()
        where = crossing.room or crossing.chat
        self._writer.submit(note(at, f"{stop.reason.value} stopped", f"{where} {who}"))

    async def run(self) -> None:
        """Tell the rooms, until cancelled."""
        while True:
            self._added.clear()
            while self._untold:
                await self._say(*self._untold.popleft())
            await self._added.wait()

    async def _say(self, stop: Stop, key: str) -> None:
        room = stop.crossing.room
        if room is None:  # nobody is there who could read it
            return
        flooded = stop.reason is Reason.FLOOD and not stop.crossing.network
        mention = UserID(stop.crossing.who) if flooded and stop.people else None
        for attempt in range(1, TRIES + 1):
            try:
                await self._status.notice(
                    room, words(stop), key=key, mention=mention, doubtful=attempt > 1
                )
            except RetryLater as error:
                await self._clock.sleep(delay(error.after, attempt, 1.0))
            except Exception as error:  # noqa: BLE001 (what cannot be told here must not end it all)
                log.warning("a room is not told", room=room, error=type(error).__name__)
                return
            else:
                return


def words(stop: Stop) -> str:
    """What people in the room are told."""
    for_long, network = _long(stop.seconds), stop.crossing.network
    who = " and ".join(printable(one)[:NAME] for one in stop.people)
    if stop.reason is Reason.CIRCLE:
        return (
            f"⚠ What {who} say goes round and round, as if two bridges or bots answered each other:"
            f" nothing from them crosses for {for_long}."
        )
    where, place = (f"on {network}", "there") if network else ("here", "this room")
    if not who:
        return (
            f"⚠ So much is said {where} at once that nothing from {place} crosses for {for_long}."
        )
    return f"⚠ {who} says so much {where} at once that nothing from them crosses for {for_long}."


def _long(seconds: float) -> str:
    if seconds <= MINUTE:
        return f"{round(seconds)} seconds"
    return f"{round(seconds / MINUTE)} minutes"
