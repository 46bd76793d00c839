"""What is texted back by itself, to STOP, START and HELP: each number's at its own pace.

Not within the call that brought the word: that is answered as soon as it is stored, and nothing
that people text waits for a gateway that is slow. Of a number's pace, of what one conversation may
get and of the day's messages they have a share only: whoever floods us with HELP spends that.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from bridgekit import Host, RemoteUserID, RetryLater
from bridges.sms import guards
from bridges.sms.config import SMSConfig
from bridges.sms.lines import Lines
from bridges.sms.loops import Loops
from bridges.sms.numbers import between, dialled, sender
from bridges.sms.opt_out import Wish
from bridges.sms.provider import Outgoing
from bridges.sms.segments import segments
from bridges.sms.spending import Spending, counted

log = logging.getLogger(__name__)

WAITING = 1000  # answers of one number, half of them to HELP; who asks for more gets none
_AGAIN = (5.0, 60.0, 300.0)  # seconds before a text is tried again that surely was not taken
SHARE = 0.25  # of what a number may send; the rest is for what people write


@dataclass(frozen=True, slots=True)
class Answer:
    """`key` is the text that it answers, a `wish` of the user's."""

    user: RemoteUserID
    wish: Wish
    text: str
    key: str

    @property
    def can_wait(self) -> bool:
        """Who opts out is told so before others are helped."""
        return self.wish is Wish.HELP


class Answers:
    """Of one network. They count, and are guarded, like any text: two machines cannot go on asking
    for help, and who writes as a number that costs extra (anybody can) gets nothing.
    """

    def __init__(
        self, host: Host, config: SMSConfig, lines: Lines, spending: Spending, loops: Loops
    ) -> None:
        self._host, self._config, self._lines = host, config, lines
        self._spending, self._loops = spending, loops
        self._share = spending.share(SHARE, "answered"), loops.share(SHARE)
        self._order = count()
        self._waiting = {
            own: asyncio.PriorityQueue[tuple[bool, int, Answer]]() for own in config.numbers
        }

    def put(self, own: str, answer: Answer) -> None:
        """It is texted soon, once: whatever becomes of it, nobody is told twice that they opted
        out. Those that wait when the bridge stops are not told.
        """
        if not answer.text or dialled(answer.user) is None:
            return
        waiting, most = self._waiting[own], WAITING // 2 if answer.can_wait else WAITING
        if waiting.qsize() >= most:
            log.warning("%s is not answered: %d wait already", answer.key, most)
        else:
            waiting.put_nowait((answer.can_wait, next(self._order), answer))

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
            *_, answer = await waiting.get()
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
        txn = sha256(f"{own} {answer.user} {answer.wish} {answer.key}".encode()).hexdigest()[:32]
        cut = segments(answer.text)
        message = Outgoing(sender(own), (number,), answer.text, cut, txn)
        spending, loops = self._share
        for one in (loops, self._loops):
            one.check(talk)
        await self._pace(own, float(len(cut)))
        async with (
            counted(spending, loops, talk, len(cut)),
            counted(self._spending, self._loops, talk, len(cut)),
        ):
            await self._send(own, message)

    async def _send(self, own: str, message: Outgoing) -> None:
        """Again where it surely was not taken, for some minutes."""
        for pause in _AGAIN:
            try:
                await self._lines.send(self._config.via(own), message)
            except RetryLater as error:
                await asyncio.sleep(min(pause, error.after or pause))
            else:
                return
        await self._lines.send(self._config.via(own), message)

    async def _pace(self, own: str, cost: float) -> None:
        """First for its turn among answers, so that it stands in nobody's way until it has that."""
        of, host = self._config.numbers[own], self._host
        rate, burst = of.rate * SHARE, max(1.0, of.burst * SHARE)
        await host.pace("answers", own, rate=rate, burst=burst, cost=cost)
        await host.pace("number", own, rate=of.rate, burst=of.burst, cost=cost)
