"""Which part of the queue somebody means: the filters of its commands, and what they find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any, get_type_hints

import typer

from bridgekit.bridge import database_url
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.looking.lanes import Place, Places
from bridgekit.clock import SystemClock
from bridgekit.codec import BrokenRecord, load_event
from bridgekit.codec import load as load_record
from bridgekit.configuration.config import Config
from bridgekit.events import RemoteEvent
from bridgekit.lanes.journey import millis
from bridgekit.models import Direction, Millis
from bridgekit.reasons import Reason
from bridgekit.references import reference
from bridgekit.store.beside import reading
from bridgekit.store.portals import PortalRows
from bridgekit.store.queued import Queued, queued
from bridgekit.units import duration


class State(StrEnum):
    FAILED = "failed"
    WAITING = "waiting"


OfReason = Annotated[
    Reason | None, typer.Option("--reason", metavar="REASON", help="What failed for this reason.")
]
OfNetwork = Annotated[
    str | None, typer.Option("--network", metavar="NAME", help="Of this network.")
]
OfChat = Annotated[
    str | None, typer.Option("--chat", metavar="ID", help="Of this chat, or this room.")
]
OfPerson = Annotated[
    str | None, typer.Option("--person", metavar="ID", help="What this person said or did.")
]
OfDirection = Annotated[Direction | None, typer.Option("--direction", help="Of this direction.")]
OfState = Annotated[State | None, typer.Option("--state", help="What failed, or what waits.")]
Older = Annotated[
    str | None, typer.Option("--older", metavar="TIME", help="Older than that, like '2 hours'.")
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is given must fit. Each field is an option of the commands that are `choosing`."""

    reason: OfReason = None
    network: OfNetwork = None
    chat: OfChat = None
    person: OfPerson = None
    direction: OfDirection = None
    state: OfState = None
    older: Older = None

    def before(self, now: Millis) -> Millis:
        """What was received later does not fit."""
        if self.older is None:
            return now
        try:
            return now - int(duration(self.older) * 1000)
        except ValueError as error:
            raise Failure(Exit.USAGE, f"--older {error}") from error


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes `wanted` as typer sees it: with an option for each field of it."""
    hints = get_type_hints(Wanted, include_extras=True)
    names = [one.name for one in fields(Wanted)]

    @wraps(command)
    def chosen(*args: Any, **given: Any) -> None:
        wanted = Wanted(**{name: given.pop(name) for name in names})
        command(*args, **given, wanted=wanted)

    own = signature(command, eval_str=True)
    kept = [one for one in own.parameters.values() if one.name != "wanted"]
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=hints[name])
        for name in names
    ]
    whole = own.replace(parameters=[*kept, *options])
    chosen.__signature__ = whole  # type: ignore[attr-defined]  # what `inspect` reads first
    chosen.__annotations__ = {one.name: one.annotation for one in whole.parameters.values()}
    return chosen


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and where it belongs. `person` is "" where nobody asked, or nobody knows."""

    job: Queued
    place: Place
    person: str

    @property
    def name(self) -> str:
        return reference(self.job.id)


async def picked(config: Config, wanted: Wanted, *, people: bool, most: int) -> list[Entry]:
    """The first `most` of what is wanted, the failed first; `people`: who is behind each."""
    asks_people = people or wanted.person is not None
    before = wanted.before(millis(SystemClock()))
    found: list[Entry] = []
    async with reading(database_url(config)) as reader:
        places = Places(PortalRows(reader))
        async for job in queued(reader, bodies=asks_people):
            if not _fits(job, wanted, before):
                continue
            entry = Entry(job, await places.of(job.lane), _person(job) if asks_people else "")
            if _belongs(entry, wanted):
                found.append(entry)
            if len(found) >= most:
                break
    return found


def _fits(job: Queued, wanted: Wanted, before: Millis) -> bool:
    state = State.FAILED if job.dead else State.WAITING
    return (
        wanted.state in (None, state)
        and wanted.reason in (None, job.reason)
        and wanted.direction in (None, job.lane.direction)
        and job.received_at <= before
    )


def _belongs(entry: Entry, wanted: Wanted) -> bool:
    place = entry.place
    return (
        wanted.network in (None, place.network)
        and wanted.chat in (None, place.chat, place.room)
        and wanted.person in (None, entry.person)
    )


def _person(job: Queued) -> str:
    try:
        if job.lane.direction is not Direction.TO_MATRIX:
            return str(load_event(job.body).get("sender", ""))
        record = load_record(job.body)
    except BrokenRecord:
        return ""
    return str(record.sender or "") if isinstance(record, RemoteEvent) else ""
