"""One connection to an SMSC: requests and their answers, both ways, and a sign of life.

What the SMSC delivers is answered in order, each when it is stored; our requests go on meanwhile.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bridgekit import LoginError, RetryLater, Scope
from bridges.sms.smpp.pdu import (
    HEADER,
    Command,
    MalformedError,
    Pdu,
    Status,
    bind,
    length_of,
    text_of,
    unpack,
)

_REFUSED = frozenset({Status.BIND_FAILED, Status.INVALID_PASSWORD, Status.INVALID_SYSTEM_ID})
_GONE = (ConnectionError, TimeoutError, asyncio.IncompleteReadError, MalformedError)
_WAITING = 1_000  # deliveries that may wait for the one before to be stored
_BEGINS, _ENDS = 1, 0x7FFF_FFFF  # sequence numbers (5.1.4)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the SMSC is, and who we are there; times in seconds."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    system_id: str
    password: str
    system_type: str = ""
    window: int = 10
    patience: float = 30.0
    interval: float = 30.0


@dataclass(slots=True)
class _Asked:
    answer: asyncio.Future[Pdu]
    answered: int  # how many deliveries we had answered when we asked


Deliver = Callable[[Pdu], Awaitable[Status]]
"""What is done with a delivery, and with an answer that comes too late, which is not answered."""


class Link:
    """A bound connection; `connected` makes one."""

    def __init__(
        self, account: Account, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._account, self._reader, self._writer = account, reader, writer
        self._asked: dict[int, _Asked] = {}
        self.overdue: dict[int, object] = {}
        """What was asked and not answered in time, by sequence number, if it was named."""
        self._sequence = 0
        self._window = asyncio.Semaphore(account.window)
        self._answered = self._confirmed = 0
        self._gone = False

    async def bind(self) -> None:
        """Raises `LoginError` where the SMSC refuses us."""
        account = self._account
        body = bind(account.system_id, account.password, account.system_type)
        self._write(Pdu(Command.BIND_TRANSCEIVER, self._next(), body))
        async with asyncio.timeout(account.patience):
            answer = await self._read()
        if answer.status in _REFUSED:
            raise LoginError("The SMSC does not accept `user` and `secret`.")
        if answer.status != Status.OK:
            raise RetryLater(f"The SMSC does not let us in now (status {answer.status:#x}).")

    async def run(self, deliver: Deliver, confirmed: Callable[[int], None]) -> None:
        """Read until the connection is gone, which raises; `confirmed`: answers that were read."""
        waiting: asyncio.Queue[Pdu] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(waiting, confirmed))
                tasks.create_task(self._deliver(waiting, deliver))
                tasks.create_task(self._stay_alive())
        except BaseExceptionGroup as group:  # `except*` would raise a group again, before 3.12
            if group.split(_GONE)[1] is not None:
                raise
            raise ConnectionError("The connection to the SMSC is gone") from group
        finally:
            self._gone = True
            for asked in self._asked.values():
                if not asked.answer.done():
                    asked.answer.set_exception(ConnectionError("The SMSC did not answer"))

    async def ask(self, command: Command, body: bytes = b"", about: object = None) -> Pdu:
        """The answer, whatever its status.

        Raises `RetryLater` where it was surely not asked; else what fails leaves that open. An
        answer that comes too late is handed to `deliver`; `overdue` says what it is `about`.
        """
        async with self._window:
            if self._gone or self._writer.is_closing():
                raise RetryLater("The SMSC is not connected.", scope=Scope.LOGIN)
            sequence = self._next()
            asked = _Asked(asyncio.get_running_loop().create_future(), self._answered)
            self._asked[sequence] = asked
            try:
                self._write(Pdu(command, sequence, body))
                async with asyncio.timeout(self._account.patience):
                    return await asked.answer
            except TimeoutError:
                if about is not None and len(self.overdue) < _WAITING:
                    self.overdue[sequence] = about
                raise
            finally:
                self._asked.pop(sequence, None)
                asked.answer.cancel()

    async def close(self) -> None:
        """Say goodbye, as far as that goes."""
        with suppress(ConnectionError, OSError):
            if not self._gone and not self._writer.is_closing():
                self._write(Pdu(Command.UNBIND, self._next()))
        self._writer.close()
        with suppress(ConnectionError, OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()

    async def _listen(self, waiting: asyncio.Queue[Pdu], confirmed: Callable[[int], None]) -> None:
        while True:
            pdu = await self._read()
            if pdu.is_response:
                self._take_answer(pdu, confirmed)
                if pdu.sequence in self.overdue:
                    waiting.put_nowait(pdu)
                continue
            match pdu.command:
                case Command.DELIVER_SM if waiting.qsize() >= _WAITING:
                    self._write(pdu.response(b"\0", Status.TRY_AGAIN))
                case Command.DELIVER_SM:
                    waiting.put_nowait(pdu)
                case Command.ENQUIRE_LINK:
                    self._write(pdu.response())
                case Command.UNBIND:
                    self._write(pdu.response())
                    raise ConnectionError("The SMSC has said goodbye")
                case _:
                    nack = Pdu(Command.GENERIC_NACK, pdu.sequence, b"", Status.INVALID_COMMAND)
                    self._write(nack)

    def _take_answer(self, pdu: Pdu, confirmed: Callable[[int], None]) -> None:
        asked = self._asked.get(pdu.sequence)
        if asked is None:
            return
        if asked.answered > self._confirmed:  # it reads in order, and has read our question
            confirmed(asked.answered - self._confirmed)
            self._confirmed = asked.answered
        if not asked.answer.done():
            asked.answer.set_result(pdu)

    async def _deliver(self, waiting: asyncio.Queue[Pdu], deliver: Deliver) -> None:
        while True:
            pdu = await waiting.get()
            status = await deliver(pdu)
            if pdu.is_response:
                continue
            # Only now: what is answered the SMSC forgets.
            self._write(pdu.response(b"\0", status))
            if status is Status.OK:
                self._answered += 1

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(self._account.interval)
            try:
                await self.ask(Command.ENQUIRE_LINK)
            except RetryLater as error:
                raise ConnectionError("The SMSC is gone") from error

    async def _read(self) -> Pdu:
        header = await self._reader.readexactly(HEADER)
        return unpack(header, await self._reader.readexactly(length_of(header)))

    def _write(self, pdu: Pdu) -> None:
        self._writer.write(pdu.pack())

    def _next(self) -> int:
        self._sequence = _BEGINS if self._sequence >= _ENDS else self._sequence + 1
        return self._sequence


@asynccontextmanager
async def connected(account: Account) -> AsyncIterator[Link]:
    """A link that is bound; left, it is closed. Raises `LoginError` or `RetryLater`."""
    try:
        async with asyncio.timeout(account.patience):
            reader, writer = await asyncio.open_connection(
                account.host, account.port, ssl=account.tls
            )
    except (OSError, TimeoutError) as error:
        raise RetryLater("The SMSC cannot be reached.", scope=Scope.LOGIN) from error
    link = Link(account, reader, writer)
    try:
        try:
            await link.bind()
        except (
            ConnectionError,
            TimeoutError,
            asyncio.IncompleteReadError,
            MalformedError,
        ) as error:
            raise RetryLater("The SMSC closed the connection.", scope=Scope.LOGIN) from error
        yield link
    finally:
        await link.close()


def id_of(answer: Pdu) -> str:
    """The ID in the answer to SUBMIT_SM."""
    return text_of(answer.body)
