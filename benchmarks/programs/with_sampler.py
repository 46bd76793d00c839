"""`bridgekit`, watched: what its main thread is at, some hundred times a second that it computes.

A sample counts for as much as the thread computed since the one before. While it waits there are
none: a clock that woke it would be most of what is measured. Of the database's threads each
statement and commit is timed. At each SIGUSR1 what was gathered since the last is written beside
the configuration.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import FrameType

from benchmarks.programs.statements import Statements

statements = Statements()  # before whoever takes what it replaces

from bridgekit.cli import main  # noqa: E402

EVERY = 1_000_000  # nanoseconds; the kernel looks at its clocks less often than that
THREAD_TIME, BY_SIGNAL = 3, 0  # <time.h>, <signal.h>
TICK = signal.SIGURG  # which is ignored again while Python ends, unlike others
OURS = ("bridgekit", "bridges")
STARTS = "bridgekit.cli.run"  # it runs the loop: what is only in it is the loop's


class _Event(ctypes.Structure):
    """As in sigevent(3type)."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 48),
    )


class _Times(ctypes.Structure):
    """As in itimerspec(3type)."""

    _fields_ = (("every", ctypes.c_long * 2), ("first", ctypes.c_long * 2))


def tick() -> None:
    """Have this thread told by `TICK` whenever it has computed for so long (timer_create(2))."""
    libc, timer = ctypes.CDLL(None, use_errno=True), ctypes.c_void_p()
    event, times = _Event(None, TICK, BY_SIGNAL), _Times((0, EVERY), (0, EVERY))
    if libc.timer_create(THREAD_TIME, ctypes.byref(event), ctypes.byref(timer)) or (
        libc.timer_settime(timer, 0, ctypes.byref(times), None)
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Sampler:
    """Where the main thread's nanoseconds went: by function, and which of ours called that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        self._gathered: Counter[tuple[str, str]] = Counter()
        self._threads = _threads()
        self._last = time.thread_time_ns()

    def sample(self, _signal: int, frame: FrameType | None) -> None:
        self._gathered[_place(frame)] += time.thread_time_ns() - self._last
        self._last = time.thread_time_ns()

    def write(self, _signal: int, _frame: FrameType | None) -> None:
        gathered, self._gathered = self._gathered, Counter()  # a sample may come at any time
        spent = {name: ns - self._threads[name] for name, ns in _threads().items()}
        found = [[*place, ns] for place, ns in gathered.items()]
        path = self._folder / f"sampled-{self._written}.json"
        unfinished = path.with_suffix(".part")
        page = {"threads": spent, "gathered": found, "statements": statements.taken()}
        unfinished.write_text(json.dumps(page), "utf-8")
        unfinished.rename(path)
        self._written += 1
        self._threads = _threads()
        self._last = time.thread_time_ns()
        self._gathered = Counter()  # what this here took is on no page


def _place(frame: FrameType | None) -> tuple[str, str]:
    """The function, and the innermost of ours; each as module:name."""
    at, ours = _name(frame), ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == STARTS:
            break
        if module.partition(".")[0] in OURS:
            ours = _name(frame)
            break
        frame = frame.f_back
    return at, ours


def _name(frame: FrameType | None) -> str:
    if frame is None:
        return ""
    return f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_qualname}"


def _threads() -> Counter[str]:
    """Nanoseconds that each has computed, by clock_getcpuclockid(3)'s kin for threads."""
    found: Counter[str] = Counter()
    for thread in threading.enumerate():
        if thread.native_id is not None:
            with suppress(OSError):  # it has just ended
                found[thread.name] += time.clock_gettime_ns(~thread.native_id << 3 | 6)
    return found


if __name__ == "__main__":
    sampler = Sampler(Path(sys.argv[sys.argv.index("-c") + 1]).parent)
    signal.signal(signal.SIGUSR1, sampler.write)
    signal.signal(TICK, sampler.sample)
    tick()
    main()
