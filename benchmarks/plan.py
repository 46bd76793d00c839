"""What is measured of whom: scenarios by their names, each a function of one round."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from benchmarks.entrants.known import BRIDGE, CEILING, DURABLE_CEILING, ECHO, HEISENBRIDGE
from benchmarks.entrants.setting import Entrant
from benchmarks.figures import Figures
from benchmarks.scale import Scale
from benchmarks.scenarios import encrypted, flow, media, real, restart, safety, start
from bridges.irc.config import People

NAMES = (*flow.PARTS, "start", "restart", "kills", "away", "synapse", "encrypted", "media")

OF_MESSAGES = {
    "to_matrix": ("to_matrix/50/",),
    "pushed_back": ("to_matrix/pushed back/", "to_matrix/pushed back at 50/"),
    "latency": ("to_matrix/at ", "to_network/at "),
    "to_network": tuple(f"to_network/{size}/" for size in flow.SIZES),
    "ack": ("to_network/ack/", "to_network/burst/"),
    "hot": ("to_matrix/hot/", "to_matrix/hot at ", "to_network/hot/"),
}
"""The beginnings of the keys of each part's figures."""

Measure = Callable[[Entrant, Path, int], Awaitable[Figures]]
"""One round of one entrant, in a folder of its own; rounds count from 0."""


class Turns(StrEnum):
    """Who has a turn at the same time: several where faults are counted and most time is waited."""

    ONE = "one"
    ROUND = "everybody of a round"
    ALL = "everybody in all rounds"


@dataclass(frozen=True, slots=True)
class Step:
    """Measured once in each round, of every entrant that takes part.

    `keys`: the beginnings of those that it has figures for. `seconds`: how long a turn takes,
    roughly. `essential`: who did not get as far as this figure in the time that there is for it is
    not asked again in later rounds.
    """

    name: str
    keys: tuple[str, ...]
    measure: Measure
    takes_part: Callable[[Entrant], bool]
    seconds: float
    turns: Turns = Turns.ONE
    essential: str | None = None


def steps(wanted: Sequence[str], scale: Scale, seed: int) -> list[Step]:
    """In the order in which they are taken. What is left to chance follows from `seed`."""
    parts = [part for part in flow.PARTS if part in wanted]
    found = []
    if parts:
        messages = partial(_flow, scale=scale, parts=parts)
        keys = tuple(key for part in parts for key in OF_MESSAGES[part])
        found.append(Step("messages", keys, messages, _everybody, _of_messages(scale, parts)))
    if "start" in wanted:
        found += _starts(scale)
    if "restart" in wanted:
        found += [_restart(scale, limits=limits) for limits in (False, True)]
    if "kills" in wanted:
        kills = partial(_kills, scale=scale, seed=seed)
        waits = 5 + scale.killing + scale.patience
        found.append(Step("kill -9", ("kills/",), kills, _recovers, waits, Turns.ROUND))
    if "away" in wanted:
        away = partial(_away, scale=scale)
        waits = 10 + 2 * scale.away + scale.patience
        found.append(Step("homeserver away", ("away/",), away, _recovers, waits, Turns.ALL))
    if "synapse" in wanted:
        real = partial(_real, scale=scale)
        waits = 9 + 1.7 * scale.flood / 1000 + scale.paced[10] / 5
        found.append(Step("a real Synapse", ("synapse/",), real, _on_synapse, waits))
    if "encrypted" in wanted:
        messages, seconds = partial(_encrypted, scale=scale), 10 + scale.flood / 200
        found.append(Step("encrypted rooms", ("encrypted/",), messages, _bridge, seconds))
    if "media" in wanted:
        found.append(Step("a large file", ("media/",), partial(_media, scale=scale), _bridge, 5))
    return found


def _of_messages(scale: Scale, parts: Sequence[str]) -> float:
    """How long an entrant needs: at full speed a few thousand a second; the rates, twice."""
    paced = sum(count / rate for rate, count in scale.paced.items())
    waited = {
        "pushed_back": scale.flood / 2000 + scale.paced[flow.ALONE] / flow.ALONE,
        "latency": 2 * paced + 0.5,
        "to_network": scale.flood / 1000,
        "ack": scale.bursts / 2,
        "hot": scale.flood / 2000 + 2,
    }
    return 4 + sum(waited.get(part, scale.flood / 2000) for part in parts)


def _everybody(entrant: Entrant) -> bool:
    del entrant
    return True


def _recovers(entrant: Entrant) -> bool:
    return entrant.recovers


def _signs_in(entrant: Entrant) -> bool:
    """Those that have a connection for everybody: heisenbridge relays."""
    return entrant.recovers and entrant.name != HEISENBRIDGE


def _bridge(entrant: Entrant) -> bool:
    return entrant.name == BRIDGE


def _on_synapse(entrant: Entrant) -> bool:
    """Those that take rooms as they find them: heisenbridge keeps its configuration in its own."""
    return entrant.name in (DURABLE_CEILING, ECHO, BRIDGE)


def _keeps_portals(entrant: Entrant) -> bool:
    return entrant.name not in (CEILING, DURABLE_CEILING, ECHO)


async def _flow(
    entrant: Entrant, folder: Path, round_: int, *, scale: Scale, parts: Sequence[str]
) -> Figures:
    del round_
    return await flow.measure(entrant, folder, scale, parts)


def _starts(scale: Scale) -> Iterator[Step]:
    for portals in scale.portals:
        yield _start(scale, portals, 0, _keeps_portals)
    for many in scale.portals_alone:
        yield _start(scale, many, scale.ghosts, _bridge)


def _start(scale: Scale, portals: int, ghosts: int, who: Callable[[Entrant], bool]) -> Step:
    async def one(entrant: Entrant, folder: Path, round_: int) -> Figures:
        del round_
        return await start.measure(entrant, folder, scale, portals, ghosts)

    seconds = 4 + min(10, portals / 100) + (scale.join_within if ghosts else 0)
    key, name = f"start/{portals}/", f"start, {portals} portal{'s' * (portals > 1)}"
    return Step(name, (key,), one, who, seconds, essential=f"{key}first_message_s")


def _restart(scale: Scale, *, limits: bool) -> Step:
    async def one(entrant: Entrant, folder: Path, round_: int) -> Figures:
        del round_
        return await restart.measure(entrant, folder, scale, limits=limits)

    name = f"{scale.connected} people back{' with limits' * limits}"
    key = f"restart/{'with' if limits else 'without'} limits/"
    apart = People().apart if limits else 0  # seconds; they sign in before the kill and after it
    turns = Turns.ROUND if limits else Turns.ONE
    seconds = 6 + 2 * scale.connected * apart
    return Step(name, (key,), one, _signs_in, seconds, turns, essential=f"{key}seconds")


async def _kills(
    entrant: Entrant, folder: Path, round_: int, *, scale: Scale, seed: int
) -> Figures:
    return await safety.kills(entrant, folder, scale, seed + round_)


async def _away(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del round_
    return await safety.away(entrant, folder, scale)


async def _real(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del round_
    return await real.measure(entrant, folder, scale)


async def _encrypted(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del round_
    return await encrypted.measure(entrant, folder, scale)


async def _media(entrant: Entrant, folder: Path, round_: int, *, scale: Scale) -> Figures:
    del entrant, round_
    return await media.measure(folder, scale.file_mib << 20)
