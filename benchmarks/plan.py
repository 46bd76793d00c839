"""What is measured of whom: scenarios by their names, each a function of one round."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.entrants.known import BRIDGE, CEILING, DURABLE_CEILING, ECHO, HEISENBRIDGE
from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures
from benchmarks.scale import Scale
from benchmarks.scenarios import flow, media, real, restart, safety, start

NAMES = (*flow.PARTS, "start", "restart", "kills", "away", "synapse", "media")


@dataclass(frozen=True, slots=True)
class Step:
    """Measured once in each round, of every entrant that takes part. `round` counts from 0."""

    name: str
    measure: Callable[[Entrant, Path, int], Awaitable[Figures]]
    takes_part: Callable[[Entrant], bool]


def steps(wanted: Sequence[str], scale: Scale) -> list[Step]:
    """In the order in which they are taken: the short ones first."""
    parts = [part for part in flow.PARTS if part in wanted]
    found = []
    if parts:
        found.append(Step("messages", partial(_flow, scale=scale, parts=parts), _everybody))
    if "start" in wanted:
        found += [_start(scale, portals, 0, _not_synced) for portals in scale.portals]
        found += [_start(scale, many, scale.ghosts, _bridge) for many in scale.portals_alone]
    if "restart" in wanted:
        found += [_restart(scale, limits=limits) for limits in (False, True)]
    if "kills" in wanted:
        found.append(Step("kill -9", partial(_kills, scale=scale), _durable))
    if "away" in wanted:
        found.append(Step("homeserver away", partial(_away, scale=scale), _durable))
    if "synapse" in wanted:
        found.append(Step("a real Synapse", partial(_real, scale=scale), _with_synapse))
    if "media" in wanted:
        found.append(Step("a large file", partial(_media, scale=scale), _bridge))
    return found


def _everybody(entrant: Entrant) -> bool:
    del entrant
    return True


def _durable(entrant: Entrant) -> bool:
    return entrant.durable


def _signs_in(entrant: Entrant) -> bool:
    """Those that have a connection for everybody: heisenbridge relays."""
    return entrant.durable and entrant.name != HEISENBRIDGE


def _bridge(entrant: Entrant) -> bool:
    return entrant.name == BRIDGE


def _with_synapse(entrant: Entrant) -> bool:
    """Those that take rooms as they find them: heisenbridge keeps its configuration in its own."""
    return entrant.name in (DURABLE_CEILING, ECHO, BRIDGE)


def _not_synced(entrant: Entrant) -> bool:
    return entrant.name not in (CEILING, DURABLE_CEILING)


async def _flow(
    entrant: Entrant, folder: Path, round_: int, *, scale: Scale, parts: Sequence[str]
) -> Figures:
    del round_
    return await flow.measure(entrant, folder, scale, parts)


def _start(scale: Scale, portals: int, ghosts: int, who: Callable[[Entrant], bool]) -> Step:
    async def one(entrant: Entrant, folder: Path, round_: int) -> Figures:
        del round_
        return await start.measure(entrant, folder, scale, portals, ghosts)

    return Step(f"start, {portals} portals", one, who)


def _restart(scale: Scale, *, limits: bool) -> Step:
    async def one(entrant: Entrant, folder: Path, round_: int) -> Figures:
        del round_
        return await restart.measure(entrant, folder, scale, limits=limits)

    return Step(f"{scale.connected} people back{' with limits' * limits}", one, _signs_in)


async def _kills(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    return await safety.kills(entrant, folder, scale, round_)


async def _away(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del round_
    return await safety.away(entrant, folder, scale)


async def _real(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del round_
    return await real.measure(entrant, folder, scale)


async def _media(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del entrant, round_
    return await media.measure(folder, scale.file_mib << 20)
