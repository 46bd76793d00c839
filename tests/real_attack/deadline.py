"""An attack is over in time; if not, it says what it waited for, and how things stood."""

from __future__ import annotations

import asyncio
import linecache
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CoroutineType
from typing import Any

from tests.real_attack.report import Report

HERE = str(Path(__file__).parent)
LEAVING = 50.0  # seconds: a bridge takes up to 20 to stop, and is killed then
TAIL = 40  # lines of a log


class NotOver(Exception):  # noqa: N818 (a finding)
    """The attack waits, and there is no more patience; its cause has what the attack notes."""


async def in_time(attacking: Coroutine[Any, Any, Report], patience: float) -> Report:
    """The report, within `patience` seconds; else `NotOver`."""
    attack = asyncio.create_task(attacking)
    try:
        await asyncio.wait([attack], timeout=patience)
        over, waits = attack.done(), "\n".join(_waits())
    finally:
        attack.cancel()
        await asyncio.wait([attack], timeout=LEAVING)
    if over:
        return attack.result()
    said = f"The attack was not over after {patience:.0f} s. It waited at\n{waits}"
    raise NotOver(said) from _end(attack)


def _end(attack: asyncio.Task[Report]) -> BaseException | None:
    """What it ended with when it was cancelled, if it did."""
    try:
        attack.result()
    except BaseException as ended:  # noqa: BLE001 (cancelled, as a rule; or it has not ended)
        return ended
    return None


@contextmanager
def noting(account: Callable[[], str]) -> Iterator[None]:
    """Whatever ends the block too early carries this account of how things stood."""
    try:
        yield
    except BaseException as error:
        error.add_note(account())
        raise


def last_words(log: Path) -> str:
    """The end of the bridge's log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(["The bridge's log ends with", *lines[-TAIL:]])


def _waits() -> Iterator[str]:
    """Where each task is that is in the middle of an attack's own code."""
    for task in asyncio.all_tasks():
        awaiting: object = task.get_coro()
        while isinstance(awaiting, CoroutineType):
            code, line = awaiting.cr_code, awaiting.cr_frame.f_lineno if awaiting.cr_frame else 0
            if code.co_filename.startswith(HERE) and code.co_name != in_time.__name__:
                words = linecache.getline(code.co_filename, line).strip()
                yield f"  {Path(code.co_filename).name}:{line} in {code.co_name}: {words}"
            awaiting = awaiting.cr_await
