"""An event loop in which nothing happens by chance: no sockets, no threads, no real time.

Time stands still while anything can run, and jumps to the next timer when nothing can.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import os
import selectors
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

from bridgekit.clock import Clock, Timer
from bridgekit.testing.crash.domain import DOMAIN, lines_of
from bridgekit.testing.crash.points import Moment
from bridgekit.testing.crash.wire import Listening, Wire

_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
_FIRST_PORT = 40_000


class Standstill(Exception):  # noqa: N818 (a finding)
    """Everything waits for something else, for ever."""


class _Timeless(selectors.SelectSelector):
    """Never polls anything; `passed` is called with the seconds that would have been waited."""

    def __init__(self, passed: Callable[[float], None]) -> None:
        super().__init__()
        self._passed = passed

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Standstill("nothing can run, and no timer is set")
        if timeout > 0:
            self._passed(timeout)
        return []


class CrashLoop(asyncio.SelectorEventLoop):
    """Connections are `Wire`s, an executor's work is done at once, domains can be killed."""

    def __init__(self) -> None:
        super().__init__(_Timeless(self._pass))
        self._elapsed = 0.0
        self._listening: dict[int, Listening] = {}
        self._dialled: dict[int, int] = {}
        self.set_task_factory(_watched)

    def _pass(self, seconds: float) -> None:
        self._elapsed += seconds

    def time(self) -> float:
        return self._elapsed

    # A dead domain's callbacks are not called.

    def call_soon(  # type: ignore[override]  # as in every loop, but for its type variables
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        context = copy_context() if context is None else context
        domain = context.get(DOMAIN)
        if domain is None:
            return super().call_soon(callback, *args, context=context)
        return super().call_soon(domain.run, callback, *args, context=context)

    def call_at(  # type: ignore[override]  # as in every loop, but for its type variables
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        context = copy_context() if context is None else context
        domain = context.get(DOMAIN)
        if domain is None:
            return super().call_at(when, callback, *args, context=context)
        return super().call_at(when, domain.run, callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]  # the same, in this thread
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        del executor
        future = self.create_future()
        domain = DOMAIN.get()
        watched = domain is not None and domain.watched
        lines = lines_of(inspect.currentframe()) if watched else []

        def work() -> None:
            try:
                result, error = func(*args), None
            except Exception as raised:  # noqa: BLE001 (whose it is)
                result, error = None, raised
            if domain is not None and watched:
                domain.passes(lines, Moment.HALF)
                domain.passes(lines, Moment.DONE)
            self.call_soon(_end, future, result, error)

        self.call_soon(work)
        return future

    # Connections, which are named by their port alone.

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        if address[1] not in self._listening:
            raise _refused()
        self._dialled[sock.fileno()] = address[1]

    async def create_connection(  # type: ignore[override]  # of what it takes, a part: no TLS
        self,
        protocol_factory: Callable[[], Any],
        _host: str | None = None,
        port: int | None = None,
        *,
        sock: socket.socket | None = None,
        **_: Any,
    ) -> tuple[Any, Any]:
        if sock is not None:
            port = self._dialled.pop(sock.fileno())
            sock.close()
        if port is None or port not in self._listening:
            raise _refused()
        ours = self._kept(Wire(self, copy_context()))
        ours.peer = self._listening[port].accept(self)
        ours.peer.peer = ours
        self._kept(ours.peer)
        return ours, ours.connect(protocol_factory)

    async def create_server(  # type: ignore[override]  # of what it takes, a part
        self, protocol_factory: Callable[[], Any], _host: Any = None, port: int = 0, **_: Any
    ) -> Listening:
        port = port or _FIRST_PORT + len(self._listening)
        if port in self._listening:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        context = copy_context()
        server = Listening(port, protocol_factory, context, self._close)
        self._listening[port] = server
        if (domain := context.get(DOMAIN)) is not None:
            domain.keep(server)
        return server

    def remove_reader(self, fd: Any) -> bool:
        """Of a listener, which lets nobody in any more once it is closed."""
        del fd
        return False

    def _close(self, port: int) -> None:
        self._listening.pop(port, None)

    def _kept(self, wire: Wire) -> Wire:
        if (domain := wire.context.get(DOMAIN)) is not None:
            domain.keep(wire)
        return wire


class LoopClock(Clock):
    """The time of the running `CrashLoop`."""

    def now(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, callback)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncGenerator[None]:
        async with asyncio.timeout(seconds):
            yield


def _watched(
    loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None
) -> asyncio.Task[Any]:
    domain = DOMAIN.get() if context is None else context.get(DOMAIN)
    if domain is None:
        return asyncio.Task(work, loop=loop, context=context)
    task = asyncio.Task(domain.watch(work), loop=loop, context=context)
    domain.adopt(task)
    return task


def _end(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return  # nobody waits for it any more
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _refused() -> ConnectionRefusedError:
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
