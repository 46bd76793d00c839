"""`bridgekit queue retry NAME` and `drop NAME`: one event, by what people call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import typer

from bridgekit.bridge import database_url
from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.looking.lanes import Places
from bridgekit.cli.queue.everything import audited
from bridgekit.clock import Clock, SystemClock
from bridgekit.configuration.config import Config
from bridgekit.lanes.journey import Journey, dropped, millis
from bridgekit.models import Outcome, Result
from bridgekit.reasons import Reason
from bridgekit.references import job_of, reference
from bridgekit.store import jobs as job_rows
from bridgekit.store.beside import commit, reading
from bridgekit.store.jobs import Jobs, Listed
from bridgekit.store.portals import PortalRows
from bridgekit.store.progress import Finish
from bridgekit.store.store import open_store


async def retry(config: Config, name: str) -> None:
    """Raises `Failure` if nothing that is kept is called so."""
    await _each(config, name, _retried)


async def drop(config: Config, name: str) -> None:
    """As `retry`."""
    await _each(config, name, _dropped)


async def _each(
    config: Config, name: str, change: Callable[[Config, Listed], Awaitable[str]]
) -> None:
    async with reading(database_url(config)) as reader:
        jobs = Jobs(reader)
        found = await jobs.named(name, job_of(name))
        ended = [] if found else await jobs.outcomes(name, job_of(name))
    if ended:
        raise Failure(Exit.FOUND, "\n".join(map(_not_kept, ended)))
    if not found:
        raise Failure(
            Exit.FOUND,
            f"Nothing that waits or has failed is called {name}; "
            "see `bridgekit queue`, and `bridgekit trace` for what has ended.",
        )
    for listed in found:
        typer.echo(await change(config, listed))


def _not_kept(ended: Outcome) -> str:
    name = reference(ended.job)
    failed = ended.result is Result.FAILED
    how = f"has failed for good ({ended.reason})" if failed else f"has ended: {ended.result.value}"
    return f"{name} {how}; it is not kept: see `bridgekit trace {name}`."


async def _retried(config: Config, listed: Listed) -> str:
    name = listed.job.reference
    if not listed.dead:
        return f"{name} has not failed: it waits, and is sent when its turn comes."
    revived = job_rows.revive(listed.job.id, millis(SystemClock()))
    await commit(database_url(config), audited(config, revived, "queue retry", {}, name))
    if await running.wake(config):
        return f"{name} is sent again now."
    return f"{name} is sent again when the bridge starts; it does not answer now."


async def _dropped(config: Config, listed: Listed) -> str:
    if listed.dead:
        dropped_for_good = job_rows.drop(listed.job.id)
        name = listed.job.reference
        await commit(
            database_url(config), audited(config, dropped_for_good, "queue drop", {}, name)
        )
    else:
        await _drop_waiting(config, listed, SystemClock())
    return f"{listed.job.reference} is dropped."


async def _drop_waiting(config: Config, listed: Listed, clock: Clock) -> None:
    """End a job that a running bridge has in its memory: so there must be none."""
    name = listed.job.reference
    if await running.answers(config) == running.RUNS:
        raise Failure(
            Exit.DATABASE,
            f"{name} still waits, and the bridge runs; stop the bridge, then drop it.",
        )
    async with open_store(database_url(config), clock) as store:
        place = await Places(PortalRows(store.reader)).of(listed.job.lane)
        journey = Journey(listed.job, clock, network=place.network or "")
        await store.writer.write(Finish(journey.outcome(dropped(Reason.BY_OPERATOR))))
