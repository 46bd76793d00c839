"""`stats`: what came to which end, since the start and lately, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

from pydantic import BaseModel, Field, computed_field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.ids import NetworkName
from bridgekit.lanes.depth import depths
from bridgekit.lanes.queue import Queue
from bridgekit.metrics.history import MINUTES, Counts, History
from bridgekit.models import Direction, Millis
from bridgekit.permissions.rights import Right
from bridgekit.reasons import Reason

OFF = "off"


class AskStats(Arguments):
    network: NetworkName | None = Field(default=None, description="else all")
    minutes: int = Field(default=MINUTES, ge=1, le=MINUTES, description="what lately means")


class Ended(BaseModel):
    """How many events of a network came to one end."""

    network: str = Field(description='"" is a room\'s own business, such as invites.')
    direction: Direction
    outcome: Reason
    since_start: int
    lately: int


class Waiting(BaseModel):
    """How much is in the lanes of one direction, and since when the oldest is."""

    direction: Direction
    brought_by: str
    jobs: int
    oldest: datetime


class Encryption(BaseModel):
    """What there is of encrypted rooms, and whether they are read."""

    mode: str = Field(description="As `encryption.mode` says.")
    rooms: int = Field(description="How many are known to be encrypted.")
    unread: int = Field(description="Messages in them that wait for their keys.")
    refused: int = Field(description="What was forged or malformed, since the start.")

    @computed_field(  # type: ignore[prop-decorator]  # as pydantic documents it
        description="The same in sentences; none where there is nothing to say."
    )
    @property
    def said(self) -> list[str]:
        return list(_encrypted(self))


class Stats(Answer):
    started: datetime
    events: list[Ended]
    waiting: list[Waiting]
    encryption: Encryption


def stats(
    counts: Counts,
    history: History,
    queue: Queue,
    began: Callable[[], Millis],
    encryption: Callable[[], Awaitable[Encryption]],
) -> Command[AskStats]:
    async def run(asked: Asked[AskStats]) -> Stats:
        told = asked.arguments
        lately = history.since(told.minutes)
        events = [one for one in _ended(counts, lately) if told.network in (None, one.network)]
        waiting = _waiting(queue)
        of_rooms = await encryption()
        lines = [*_totals(events, told.minutes), *map(_waits, waiting), *of_rooms.said]
        text = "\n".join(lines) or "Nothing has happened since the start."
        started = _time(began())
        return Stats(
            text=text, started=started, events=events, waiting=waiting, encryption=of_rooms
        )

    return Command(
        name="stats",
        help="Show what came to which end, since the start and lately, and what waits.",
        arguments=AskStats,
        answer=Stats,
        run=run,
        route=Route("GET", "/stats"),
        right=Right.ADMIN,
    )


def _ended(counts: Counts, lately: Counter[tuple[str, Direction, Reason]]) -> list[Ended]:
    return [
        Ended(
            network=network,
            direction=direction,
            outcome=reason,
            since_start=number,
            lately=lately[network, direction, reason],
        )
        for (network, direction, reason), number in sorted(counts.items())
    ]


def _totals(events: list[Ended], minutes: int) -> list[str]:
    """A line for each network and direction, the most frequent ends first."""
    grouped: dict[tuple[str, Direction], list[Ended]] = {}
    for one in events:
        grouped.setdefault((one.network, one.direction), []).append(one)
    return [
        f"{network or 'rooms'} {direction}: {_counted(found)} (in {minutes} minutes)"
        for (network, direction), found in grouped.items()
    ]


def _counted(found: list[Ended]) -> str:
    found = sorted(found, key=lambda one: -one.since_start)
    return ", ".join(f"{one.since_start} {one.outcome} (+{one.lately})" for one in found)


def _waiting(queue: Queue) -> list[Waiting]:
    return [
        Waiting(
            direction=direction,
            brought_by=origin or "homeserver",
            jobs=depth.jobs,
            oldest=_time(depth.oldest),
        )
        for (direction, origin), depth in depths(queue.lanes.values()).items()
    ]


def _waits(one: Waiting) -> str:
    return f"{one.jobs} wait {one.direction}, of {one.brought_by}, since {one.oldest:%H:%M:%S} UTC"


def _encrypted(one: Encryption) -> Iterator[str]:
    if one.rooms:
        read = "the bridge does not read them" if one.mode == OFF else "the bridge reads them"
        rooms = f"{one.rooms} encrypted room{'s' if one.rooms > 1 else ''}"
        yield f"{rooms}: {read} (encryption.mode: {one.mode})"
    if one.unread:
        many = one.unread > 1
        yield f"{one.unread} encrypted message{'s wait' if many else ' waits'} for a key"
    if one.refused:
        yield f"{one.refused} keys, devices and messages were refused: forged, or malformed"


def _time(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
