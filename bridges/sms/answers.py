"""What is texted back by itself, to STOP, START and HELP: each number's at its own pace.

Not within the call that brought the word: that is answered as soon as it is stored, and nothing
that people text waits for a gateway that is slow.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from hashlib import sha256

from bridgekit import Host, RemoteUserID
from bridges.sms import guards
from bridges.sms.config import SMSConfig
from bridges.sms.lines import Lines
from bridges.sms.loops import Loops
from bridges.sms.numbers import between, dialled, sender
from bridges.sms.provider import Outgoing
from bridges.sms.segments import segments
from bridges.sms.spending import Spending, counted

log = logging.getLogger(__name__)

WAITING = 1000  # answers of one number; who asks for more gets none


@dataclass(frozen=True, slots=True)
class Answer:
    """`key` is what it answers, of whom."""

    user: RemoteUserID
    text: str
    key: str


class Answers:
    """Of one network. They count, and are guarded, like any text: two machines cannot go on asking
    for help, and who writes as a number that costs extra (anybody can) gets nothing.
    """

    def __init__(
        self, host: Host, config: SMSConfig, lines: Lines, spending: Spending, loops: Loops
    ) -> None:
        self._host, self._config, self._lines = host, config, lines
        self._spending, self._loops = spending, loops
        self._waiting = {own: asyncio.Queue[Answer](WAITING) for own in config.numbers}

    def put(self, own: str, answer: Answer) -> None:
        """It is texted soon, once: whatever becomes of it, nobody is told twice that they opted
        out. Those that wait when the bridge stops are not told.
        """
        if answer.text and dialled(answer.user) is not None:
            try:
                self._waiting[own].put_nowait(answer)
            except asyncio.QueueFull:
                log.warning("%s is not answered: %d wait already", answer.key, WAITING)

    async def run(self) -> None:
        """Text them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for own in self._waiting:
                tasks.create_task(self._run(own), name=f"answers of {own}")

    async def texted(self) -> None:
        """Return once all that were put are texted, or cannot be."""
        for waiting in self._waiting.values():
            await waiting.join()

    async def _run(self, own: str) -> None:
        waiting = self._waiting[own]
        while True:
            answer = await waiting.get()
            try:
                await self._text(own, answer)
            except Exception as error:  # noqa: BLE001 (one that fails must not end all others)
                why = type(error).__name__
                log.warning("an answer to %s could not be sent: %s", answer.key, why)
            finally:
                waiting.task_done()

    async def _text(self, own: str, answer: Answer) -> None:
        number, talk = dialled(answer.user), between(own, answer.user).id
        assert number is not None  # noqa: S101 (looked at before it was put)
        config = self._config
        guards.check(answer.user, config.home(own), config.countries, premium=config.premium)
        txn = sha256(f"{own} {answer.user} {answer.key}".encode()).hexdigest()[:32]
        cut = segments(answer.text)
        message = Outgoing(sender(own), (number,), answer.text, cut, txn)
        self._loops.check(talk)
        of = config.numbers[own]
        await self._host.pace("number", own, rate=of.rate, burst=of.burst, cost=float(len(cut)))
        async with counted(self._spending, self._loops, talk, len(cut)):
            await self._lines.send(config.via(own), message)
