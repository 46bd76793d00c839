"""What a bridge has begun and not ended: tasks, threads, sockets."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any
from weakref import WeakSet

from bridgekit.testing.crash import CrashLoop
from bridgekit.testing.crash.domain import DOMAIN, Domain

_DESCRIPTORS = Path("/dev/fd")
# Kept: what is collected as garbage is closed, and would go on again.
_BURIED: list[asyncio.Task[Any]] = []
_OF_BRIDGE: ContextVar[bool] = ContextVar("of_bridge", default=False)


class Belongings:
    """Tasks are known to be the bridge's as they inherit the context of the one that began it.

    So those of the fake network do not count. Threads and sockets are counted for the process.
    """

    def __init__(self) -> None:
        self._tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._domain = Domain(None)

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a bridge."""
        loop, context = asyncio.get_running_loop(), copy_context()
        context.run(_OF_BRIDGE.set, True)
        if isinstance(loop, CrashLoop):
            self._domain = Domain(None)
            context.run(DOMAIN.set, self._domain)
        if loop.get_task_factory() is None:
            loop.set_task_factory(self._make)
        return loop.create_task(work, name="bridge", context=context)

    def _make(self, loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **more)
        context = more.get("context")
        if _OF_BRIDGE.get() if context is None else context.get(_OF_BRIDGE):
            self._tasks.add(task)
        return task

    def bury(self) -> None:
        """Not a line of what does not end runs any more, and nobody waits for it."""
        self._domain.kill()
        for task in [*self._tasks, *self._domain.tasks]:
            if not task.done():
                asyncio.tasks._unregister_task(task)  # noqa: SLF001 (which asyncio documents)
                _BURIED.append(task)
        asyncio.get_running_loop()._asyncgens.clear()  # type: ignore[attr-defined]  # noqa: SLF001

    def now(self) -> Counter[str]:
        """What there is, by name."""
        tasks = [f"the task {_name(task)}" for task in self._tasks if not task.done()]
        threads = [f"the thread {one.name}" for one in threading.enumerate() if not _pooled(one)]
        return Counter([*tasks, *threads, *["a socket"] * _sockets()])


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", task.get_name())


def _pooled(thread: threading.Thread) -> bool:
    """Of a pool, which ends its threads when it likes."""
    return thread.name.startswith(("asyncio_", "ThreadPoolExecutor"))


def _sockets() -> int:
    """How many are open; 0 where the system does not say."""
    found = 0
    for descriptor in _DESCRIPTORS.iterdir() if _DESCRIPTORS.is_dir() else ():
        with suppress(OSError):  # closed meanwhile, or one that cannot be read (macOS)
            found += str(descriptor.readlink()).startswith("socket:")
    return found
