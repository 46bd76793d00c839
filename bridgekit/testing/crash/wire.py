"""Connections in memory: bytes that were written arrive, those of a process that was killed too."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import Any

Buffer = bytes | bytearray | memoryview

_TURNS = 3  # of the loop, between the last data and the end: a socket takes as many


class Wire(asyncio.Transport):
    """One end of a connection; `context` is whose end it is."""

    peer: Wire

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        super().__init__()
        self._loop, self.context = loop, context
        self._protocol: Any = None
        self._arrived: deque[bytes | None] = deque()  # None: the other end is gone
        self._paused = self._closing = False

    def connect(self, factory: Callable[[], asyncio.BaseProtocol]) -> asyncio.BaseProtocol:
        self._protocol = factory()
        self._protocol.connection_made(self)
        return self.get_protocol()

    def cut(self) -> None:
        """As the kernel does for a process that was killed: what was written still arrives."""
        if not self._closing:
            self._closing = True
            self.tell(None)

    def tell(self, data: bytes | None) -> None:
        """The other end; None: nothing more comes."""
        self._loop.call_soon(self.peer.arrive, data, context=self.peer.context)

    def arrive(self, data: bytes | None) -> None:
        self._arrived.append(data)
        self._read()

    def _read(self) -> None:
        while self._arrived and not (self._paused or self._closing):
            data = self._arrived.popleft()
            if data is not None:
                self._protocol.data_received(data)
            else:
                self._closing = True
                self._end(_TURNS)

    def _end(self, turns: int) -> None:
        """Say that the other end is gone, once what it sent before has been taken up."""
        if turns:
            self._loop.call_soon(self._end, turns - 1, context=self.context)
        else:
            self._protocol.eof_received()
            self._protocol.connection_lost(None)

    # What a protocol asks of its transport.

    def write(self, data: Buffer) -> None:
        if not self._closing:
            self.tell(bytes(data))

    def writelines(self, list_of_data: Iterable[Buffer]) -> None:
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        if not self._closing:
            self.cut()
            self._loop.call_soon(self._protocol.connection_lost, None, context=self.context)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._loop.call_soon(self._read, context=self.context)

    def is_reading(self) -> bool:
        return not self._paused

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever kept back."""

    def get_protocol(self) -> asyncio.BaseProtocol:
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 0) if name in ("peername", "sockname") else default


class Listening(asyncio.AbstractServer):
    """What `loop.create_server` returns; closing it frees its port."""

    def __init__(
        self,
        port: int,
        factory: Callable[[], asyncio.BaseProtocol],
        context: Context,
        closed: Callable[[int], object],
    ) -> None:
        self.port, self._factory, self._context, self._closed = port, factory, context, closed

    @property
    def sockets(self) -> list[Listening]:
        return [self]

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def accept(self, loop: asyncio.AbstractEventLoop) -> Wire:
        """The server's end of a new connection."""
        context = self._context.copy()
        wire = Wire(loop, context)
        loop.call_soon(wire.connect, self._factory, context=context)
        return wire

    def close(self) -> None:
        self._closed(self.port)

    async def wait_closed(self) -> None:
        """Nothing is left open."""

    def is_serving(self) -> bool:
        return True

    async def start_serving(self) -> None:
        """It does already."""

    async def serve_forever(self) -> None:
        await asyncio.Event().wait()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()
