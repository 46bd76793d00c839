"""What dies together: the tasks, callbacks and connections of one run of the bridge.

Whatever is started inside a domain belongs to it, as the context of its tasks says. Once it is
killed not one line of it runs any more: no `except`, no `finally`, no callback, as after `kill -9`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextvars import ContextVar, copy_context
from types import FrameType
from typing import Any
from weakref import WeakSet

from bridgekit.testing.crash.points import Line, Moment
from bridgekit.testing.crash.wire import Listening, Wire

DOMAIN: ContextVar[Domain | None] = ContextVar("domain", default=None)

Passing = Callable[[list[Line], Moment], None]


class Domain:
    """`passing` is told where a task is whenever it has to wait, and around what a thread does.

    Its lines are those of the task, the outermost first. None: nobody has to know.
    """

    def __init__(self, passing: Passing | None) -> None:
        self.dead = False
        self._passing = passing
        self._wires: WeakSet[Wire] = WeakSet()
        self._servers: list[Listening] = []
        # Kept for ever: what is collected as garbage would be closed, and its `finally`s would run.
        self._tasks: list[asyncio.Task[Any]] = []

    @property
    def tasks(self) -> Sequence[asyncio.Task[Any]]:
        return self._tasks

    @property
    def watched(self) -> bool:
        return self._passing is not None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        context = copy_context()
        context.run(DOMAIN.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def run(self, callback: Callable[..., object], *args: object) -> None:
        if not self.dead:
            callback(*args)

    def keep(self, part: Wire | Listening) -> None:
        """What the kernel closes when the process dies."""
        if isinstance(part, Wire):
            self._wires.add(part)
        else:
            self._servers.append(part)

    def kill(self) -> None:
        self.dead = True
        for server in self._servers:
            server.close()
        for wire in sorted(self._wires, key=id):
            wire.cut()

    def watch(self, work: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        return work if self._passing is None else _Watched(work, self)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """It belongs here."""
        self._tasks.append(task)

    def waits(self, work: Coroutine[Any, Any, Any]) -> None:
        self.passes(waiting_lines(work), Moment.WAITING)

    def passes(self, lines: list[Line], moment: Moment) -> None:
        if not self.dead and self._passing is not None:
            self._passing(lines, moment)


class _Watched(Coroutine[Any, Any, Any]):
    """A coroutine whose every suspension is noticed."""

    def __init__(self, work: Coroutine[Any, Any, Any], domain: Domain) -> None:
        self._work, self._domain = work, domain

    def send(self, value: Any) -> Any:
        yielded = self._work.send(value)
        self._domain.waits(self._work)
        return yielded

    def throw(self, *error: Any) -> Any:
        yielded = self._work.throw(*error)
        self._domain.waits(self._work)
        return yielded

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)


_INNER = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))


def waiting_lines(work: Any) -> list[Line]:
    """Where a suspended coroutine and all that it waits for are, as far as that shows."""
    lines: list[Line] = []
    while work is not None:
        for frame, inner in _INNER:
            if hasattr(work, frame):
                found = getattr(work, frame)
                lines += [Line(found.f_code, found.f_lineno)] if found is not None else []
                work = getattr(work, inner)
                break
        else:
            return lines
    return lines


def lines_of(frame: FrameType | None) -> list[Line]:
    """Where the code that runs is, the outermost first."""
    lines: list[Line] = []
    while frame is not None:
        lines.append(Line(frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return lines[::-1]
