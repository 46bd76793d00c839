"""Attacks run: one in a folder of its own, or several at once, each in a process of its own.

Not in `__main__`: a process that is spawned cannot import that.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import structlog

from bridgekit.testing.servers import ServerMissing
from tests.real_attack.attacks import Attack
from tests.real_attack.deadline import in_time
from tests.real_attack.report import Report, Verdict

COMMAND = "python -m tests.real_attack"


def quiet() -> None:
    """What bridges log would hide the table; each attack keeps its own log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


async def run(attack: Attack, seed: int) -> Report:
    """In a folder of its own, which goes with it unless something did not hold."""
    folder = Path(tempfile.mkdtemp(prefix="bridgekit-attack-"))
    began = time.monotonic()
    try:
        report = await in_time(attack.begin(folder, attack.long, seed), attack.patience)
    except ServerMissing as missing:
        report = Report(attack.name, not_tried=str(missing))
    except Exception as error:  # noqa: BLE001 (the other attacks go on)
        said = "".join(traceback.format_exception(error))
        report = Report(attack.name, broken=[f"it ended with {said}"])
        report.seconds = time.monotonic() - began
    if report.verdict is Verdict.BROKEN:
        report.note += f" (see {folder}; again: {COMMAND} --seed {seed} {attack.name})"
    else:
        shutil.rmtree(folder)
    return report


def run_all(chosen: Sequence[Attack], seed: int, at_once: int) -> Iterator[Report]:
    """Each is told of as it ends."""
    if at_once == 1:
        yield from (asyncio.run(run(attack, seed)) for attack in chosen)
        return
    with ProcessPoolExecutor(at_once, get_context("spawn")) as workers:
        # The longest first: what is begun last is over soon.
        longest = sorted(chosen, key=lambda attack: -attack.patience)
        begun = [workers.submit(_alone, attack, seed) for attack in longest]
        yield from (one.result() for one in as_completed(begun))


def _alone(attack: Attack, seed: int) -> Report:
    """In a process that does nothing else."""
    quiet()
    return asyncio.run(run(attack, seed))
