"""Jobs, their parts and their outcomes, read back: at start-up, and for people who look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from bridgekit.ids import EventID, JobID, MessageID, NetworkName, PortalID, RoomID
from bridgekit.models import (
    Direction,
    Fate,
    Job,
    Lane,
    Millis,
    Outcome,
    Part,
    PartState,
    Result,
    Step,
    lane_of_room,
)
from bridgekit.store import sql, tables
from bridgekit.store.reader import PAGE, Reader

_COLUMNS = (
    "id, direction, owner, key, kind, source, received_at, stored_at, attempts, deaths, "
    "not_before, target"
)
_OUTCOME_COLUMNS = (
    "job, network, direction, owner, kind, source, result, reason, detail, "
    "received_at, finished_at, steps"
)
_OPEN = text(f"SELECT {_COLUMNS} FROM job WHERE dead = 0 ORDER BY id")  # noqa: S608 (names of ours)
_IN_ROOMS = text(
    f"SELECT DISTINCT owner FROM job WHERE direction = '{Direction.CONTROL}' AND dead = 0"  # noqa: S608 (ours)
)
_BODIES = "SELECT id, body FROM job WHERE dead = 0 AND id IN"
_NETWORKS = "SELECT id, network FROM portal WHERE id IN"
_PARTS = text("SELECT number, txn, state, body, ids FROM part WHERE job = :job ORDER BY number")
_MARKED = text("SELECT DISTINCT job FROM part WHERE state = 'sending'")
_LISTED = text(
    f"SELECT {_COLUMNS}, dead, error FROM job "  # noqa: S608 (names of ours)
    "ORDER BY dead DESC, id LIMIT :limit"
)
_NAMED = text(
    f"SELECT {_COLUMNS}, dead, error FROM job "  # noqa: S608 (names of ours)
    "WHERE source = :name OR id = :job ORDER BY id"
)
_IN_LANE = text(
    "SELECT id, kind, dead FROM job WHERE source = :source AND direction = :direction "
    "AND owner = :owner ORDER BY id"
)
_ENDED = text(
    f"SELECT {_OUTCOME_COLUMNS} FROM outcome "  # noqa: S608 (names of ours)
    "WHERE source = :source AND direction = :direction AND owner = :owner ORDER BY job"
)
_AHEAD = text(
    "SELECT COUNT(*) AS jobs FROM job WHERE direction = :direction AND owner = :owner "
    "AND dead = 0 AND id < :job"
)
_BY_SOURCE = text("SELECT id FROM job WHERE source = :source ORDER BY id")
_OUTCOMES = text(
    f"SELECT {_OUTCOME_COLUMNS} FROM outcome "  # noqa: S608 (names of ours)
    "WHERE source = :name OR job = :job OR job IN "
    "(SELECT job FROM part WHERE ids LIKE :like ESCAPE '!') ORDER BY job"
)
_TARGETS = text(
    f"SELECT {_OUTCOME_COLUMNS} FROM outcome "  # noqa: S608 (names of ours)
    "WHERE steps LIKE :like ESCAPE '!' ORDER BY job DESC LIMIT 20"
)
_REVIVE = sql.update(
    tables.job, "dead", "received_at", "not_before", "attempts", "deaths", keys=["id"]
)
_CHARGE = sql.update(tables.job, "deaths", keys=["id"])
_PLAN_AGAIN = text(
    "UPDATE part SET state = 'planned' WHERE job = :job "
    "AND state IN ('unknown', 'sending', 'doubt')"
)
_PLANNED = text("SELECT DISTINCT job FROM part")
_IN_ORDER = text("SELECT 1 FROM meta WHERE key = 'stopped'")
_STOPPED = text(
    "INSERT INTO meta (key, value) VALUES ('stopped', 'in order') ON CONFLICT (key) DO NOTHING"
)
_STARTED = text("DELETE FROM meta WHERE key = 'stopped'")
_SETTLE = text("UPDATE part SET state = 'doubt' WHERE state = 'sending'")
_DROP = sql.delete(tables.job, "id")
_DROP_PARTS = sql.delete(tables.part, "job")


@dataclass(frozen=True, slots=True)
class Listed:
    """A job as `bridgekit queue` shows it."""

    job: Job
    dead: bool
    error: str | None
    not_before: Millis


class Jobs:
    """The queue's tables, read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def open(self) -> list[Job]:
        """Every job that is not dead, oldest first, without its body."""
        found: list[Job] = []
        for row in await self._reader.scan(_OPEN):
            found.append(_job(row))
            if len(found) % PAGE == 0:  # they may be very many: others have a turn
                await asyncio.sleep(0)
        return found

    async def in_rooms(self) -> set[Lane]:
        """The rooms' own lanes that are not empty."""
        rows = await self._reader.scan(_IN_ROOMS)
        return {lane_of_room(RoomID(row.owner)) for row in rows}

    async def networks(self, lanes: Iterable[Lane]) -> dict[Lane, NetworkName]:
        """What these lanes come from, of those that come from a network."""
        portals = {lane.portal: lane for lane in lanes if lane.direction is Direction.TO_MATRIX}
        found: dict[Lane, NetworkName] = {}
        for asked in sql.among(_NETWORKS, portals):
            rows = await self._reader.all(*asked)
            found.update({portals[PortalID(row.id)]: NetworkName(row.network) for row in rows})
        return found

    async def bodies(self, jobs: Sequence[JobID]) -> dict[JobID, str]:
        found: dict[JobID, str] = {}
        for asked in sql.among(_BODIES, jobs):
            found.update({JobID(row.id): row.body for row in await self._reader.all(*asked)})
        return found

    async def parts(self, job: JobID) -> list[Part]:
        """The plan of a job; empty if it has none yet."""
        return [_part(row) for row in await self._reader.all(_PARTS, {"job": job})]

    async def marked(self) -> set[JobID]:
        """The jobs whose write-ahead mark is set: at a start, what an unclean stop fell upon."""
        return {JobID(row.job) for row in await self._reader.scan(_MARKED)}

    async def stopped(self) -> bool:
        """Whether the last stop was in order, with nothing on its way."""
        return await self._reader.first(_IN_ORDER) is not None

    async def planned(self) -> set[JobID]:
        """The jobs of which parts are stored."""
        return {JobID(row.job) for row in await self._reader.scan(_PLANNED)}

    async def listed(self, limit: int = 1000) -> list[Listed]:
        """What waits or is dead, the dead first."""
        return [_listed(row) for row in await self._reader.scan(_LISTED, {"limit": limit})]

    async def named(self, name: str, job: JobID | None) -> list[Listed]:
        """The jobs, open or dead, of an event or message ID, or a reference's job."""
        rows = await self._reader.all(_NAMED, {"name": name, "job": job})
        return [_listed(row) for row in rows]

    async def in_lane(self, lane: Lane, source: str) -> dict[JobID, bool]:
        """The jobs of an event or message in one lane, and whether each is dead."""
        values = {"source": source, "direction": lane.direction.value, "owner": lane.owner}
        return {JobID(row.id): bool(row.dead) for row in await self._reader.all(_IN_LANE, values)}

    async def coming(self, lane: Lane, source: str) -> set[str]:
        """The kinds of the jobs of an event or message in one lane, but for the dead."""
        values = {"source": source, "direction": lane.direction.value, "owner": lane.owner}
        rows = await self._reader.all(_IN_LANE, values)
        return {str(row.kind) for row in rows if not row.dead}

    async def ended(self, lane: Lane, source: str) -> list[Outcome]:
        """How the jobs of an event or message ended in one lane."""
        values = {"source": source, "direction": lane.direction.value, "owner": lane.owner}
        return [_outcome(row) for row in await self._reader.all(_ENDED, values)]

    async def ahead(self, job: Job) -> int:
        """How many open jobs come before this one in its lane."""
        lane = {"direction": job.lane.direction.value, "owner": job.lane.owner}
        row = await self._reader.first(_AHEAD, {**lane, "job": job.id})
        return 0 if row is None else int(row.jobs)

    async def waiting(self, source: str) -> list[JobID]:
        """The jobs, open or dead, of a Matrix event or network message."""
        return [JobID(row.id) for row in await self._reader.all(_BY_SOURCE, {"source": source})]

    async def outcomes(self, name: str, job: JobID | None) -> list[Outcome]:
        """How the jobs of an event or message ID, or of a reference's job, ended."""
        like = (
            f"%{_literally(json.dumps(name))}%"  # with its quotes: a whole ID, not a piece of one
        )
        rows = list(await self._reader.scan(_OUTCOMES, {"name": name, "job": job, "like": like}))
        if not rows:
            rows = [
                row
                for row in await self._reader.scan(_TARGETS, {"like": like})
                if name in json.loads(row.steps)["targets"]
            ]
        return [_outcome(row) for row in rows]


def revive(job: JobID, at: Millis) -> sql.Rows:
    """The operation that gives a dead job another life; its lane is told separately.

    A part of which nobody knew whether it was sent is sent again: somebody has looked (rule 6).
    Its age counts from `at`: what expired would else expire at once (rule 9).
    """
    fresh = {"dead": 0, "received_at": at, "not_before": 0, "attempts": 0, "deaths": 0}
    return sql.Rows((_REVIVE, [{"id": job, **fresh}]), (_PLAN_AGAIN, [{"job": job}]))


def charge(jobs: Sequence[Job]) -> sql.Rows:
    """The operation of a start: how often the bridge died while these were being sent.

    In the same commit an orderly stop is forgotten: from here on things are on their way.
    """
    deaths = [{"id": job.id, "deaths": job.deaths} for job in jobs]
    return sql.Rows((_CHARGE, deaths), (_STARTED, [{}]))


def settle(*, in_order: bool) -> sql.Rows:
    """The operation of an orderly stop: what is in doubt stays so, but charges no death (rule 5).

    Also what hangs: it is no fault of a message that the bridge was told to stop. `in_order`:
    nothing is on its way.
    """
    return sql.Rows((_SETTLE, [{}]), *([(_STOPPED, [{}])] if in_order else []))


def unplan(job: JobID) -> sql.Rows:
    """The operation that forgets a plan of which nothing was sent: its event was edited."""
    return sql.Rows((_DROP_PARTS, [{"job": job}]))


def drop(job: JobID) -> sql.Rows:
    """The operation that gives a dead job up; its outcome stays."""
    return sql.Rows((_DROP, [{"id": job}]), (_DROP_PARTS, [{"job": job}]))


def _job(row: Row[Any]) -> Job:
    return Job(
        id=JobID(row.id),
        lane=Lane(Direction(row.direction), row.owner),
        key=row.key,
        kind=row.kind,
        source=row.source,
        received_at=row.received_at,
        body=None,
        attempts=row.attempts,
        deaths=row.deaths,
        not_before=row.not_before,
        stored_at=row.stored_at,
        target=row.target,
    )


def _listed(row: Row[Any]) -> Listed:
    return Listed(_job(row), bool(row.dead), row.error, row.not_before)


def _literally(text: str) -> str:
    """As a piece of a LIKE pattern that matches nothing but itself."""
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in text)


def _part(row: Row[Any]) -> Part:
    ids = tuple(MessageID(one) for one in json.loads(row.ids or "[]"))
    return Part(row.number, row.txn, PartState(row.state), row.body, ids)


def _outcome(row: Row[Any]) -> Outcome:
    steps = json.loads(row.steps)
    return Outcome(
        job=JobID(row.job),
        lane=Lane(Direction(row.direction), row.owner),
        kind=row.kind,
        source=row.source,
        result=Result(row.result),
        reason=row.reason,
        detail=row.detail,
        received_at=row.received_at,
        finished_at=row.finished_at,
        waits=steps["waits"],
        tries=tuple(steps["tries"]),
        targets=tuple(EventID(one) for one in steps["targets"]),
        network=row.network,
        steps={Step(step): at for step, at in steps["steps"].items()},
        fate=Fate(steps["fate"]) if steps["fate"] else None,
    )
