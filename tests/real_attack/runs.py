"""Attacks run: one in a folder of its own, or several at once, each in a process of its own.

Not in `__main__`: a process that is spawned cannot import that.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

import structlog

from bridgekit.testing.servers import ServerMissing
from tests.command_line import broken_off
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
    except asyncio.CancelledError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except ServerMissing as missing:
        report = Report(attack.name, not_tried=str(missing))
    except Exception as error:  # noqa: BLE001 (the other attacks go on)
        said = "".join(traceback.format_exception(error))
        report = Report(attack.name, broken=[f"it ended with {said}"])
        report.seconds = time.monotonic() - began
    if report.verdict is Verdict.BROKEN:
        again = f"{COMMAND} --seed {seed} {attack.name}"
        report.account.append(f"its files are in {folder}; again: {again}")
    else:
        shutil.rmtree(folder)
    return report


def run_all(chosen: Sequence[Attack], seed: int, at_once: int) -> Iterator[tuple[Attack, Report]]:
    """Each is told of as it ends. Raises `KeyboardInterrupt` once what was begun has ended, too."""
    if at_once == 1:
        yield from ((attack, asyncio.run(run(attack, seed))) for attack in chosen)
        return
    # The longest last: it is taken from the end, and what is begun last is over soon.
    left = sorted(chosen, key=lambda attack: attack.patience)
    begun: dict[Future[Report], Attack] = {}
    with (
        broken_off() as pressed,
        ProcessPoolExecutor(at_once, get_context("spawn"), _waiting) as workers,
    ):
        while begun or (left and not pressed.is_set()):
            while left and len(begun) < at_once and not pressed.is_set():
                attack = left.pop()
                begun[workers.submit(_alone, attack, seed)] = attack
            for one in wait(begun, return_when=FIRST_COMPLETED).done:
                attack = begun.pop(one)
                if not isinstance(one.exception(), KeyboardInterrupt):
                    yield attack, one.result()
        if pressed.is_set():
            raise KeyboardInterrupt


def _waiting() -> None:
    """Of a process: Ctrl-C, which reaches all of them, is for what is under way in them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _alone(attack: Attack, seed: int) -> Report:
    """In a process that does nothing else."""
    quiet()
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return asyncio.run(run(attack, seed))
    finally:
        _waiting()
