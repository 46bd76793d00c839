"""The gateways of a network at work: which of them answer, and which is asked first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from bridgekit import Finding, LoginError, Rejected, RetryLater, Scope, Severity
from bridges.sms.codes import PartlyTakenError
from bridges.sms.listening import Ear, Listening
from bridges.sms.opt_out import OptedOutError
from bridges.sms.provider import Outgoing, Provider

log = logging.getLogger(__name__)

_PAUSE, _LONGEST = 5.0, 300.0  # seconds before a gateway is tried again that was not there
_BLAMED = 1000  # texts of one gateway that are remembered


@dataclass(slots=True)
class Line:
    """One gateway; `down` says why it is not used, "" while it is. `refused`: in the middle.

    `taken` is how many texts it took, `blamed` what that was when it refused the account for one.
    """

    name: str
    provider: Provider
    down: str = ""
    refused: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0
    blamed: dict[str, int] = field(default_factory=dict)

    def refuses_alone(self, txn: str) -> bool:
        """Whether it has taken others since it refused the account for this text, and does again.

        Then the account is not at fault, and must not be given up for it.
        """
        was = self.blamed.pop(txn, None)
        self.blamed[txn] = self.taken
        while len(self.blamed) > _BLAMED:
            del self.blamed[next(iter(self.blamed))]
        return was is not None and self.taken > was

    def goes_down(self, why: str) -> None:
        """Said where an operator looks, once."""
        if why != self.down:
            log.warning("the gateway %s is not used: %s", self.name, why)
        self.down = why

    def is_back(self) -> None:
        if self.down:
            log.info("the gateway %s is used again", self.name)
        self.down = ""
        self.refused.clear()


class Lines:
    """All gateways of a network, in the order of the configuration."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._lines = {name: Line(name, provider) for name, provider in providers.items()}

    def __getitem__(self, name: str) -> Provider:
        return self._lines[name].provider

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    @property
    def alone(self) -> bool:
        """Whether there is no second one to go on with: then the core reconnects all."""
        return len(self._lines) == 1

    async def open(self, stack: AsyncExitStack) -> None:
        """Have as many as can be at work; raises what the last one did if none can."""
        failed: Exception | None = None
        for line in self:
            try:
                await stack.enter_async_context(line.provider.open())
            except Exception as error:
                if self.alone:
                    raise
                failed = error
                line.goes_down(_why(error))
            else:
                line.is_back()
        if failed is not None and all(line.down for line in self):
            raise failed

    async def run(self, ear: Callable[[str], Ear]) -> None:
        """Listen to all of them, until cancelled or until the only one is gone."""
        async with asyncio.TaskGroup() as tasks:
            for line in self:
                tasks.create_task(self._keep(line, ear(line.name)), name=f"gateway {line.name}")
            await asyncio.get_running_loop().create_future()

    async def _keep(self, line: Line, ear: Ear) -> None:
        pause = _PAUSE
        if not line.down:
            await self._listen(line, ear)
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST)
            with suppress(Exception):  # it is tried again, and `down` says why it is not there
                async with AsyncExitStack() as stack:
                    try:
                        await stack.enter_async_context(line.provider.open())
                    except Exception as error:
                        line.goes_down(_why(error))
                        raise
                    line.is_back()
                    pause = _PAUSE
                    await self._listen(line, ear)

    async def _listen(self, line: Line, ear: Ear) -> None:
        """As long as it is there, and takes what is sent."""
        if self.alone:
            await _heard(line, ear)
            raise ConnectionError(f"The gateway {line.name} has closed the connection")
        try:
            async with asyncio.TaskGroup() as tasks:
                ends = [tasks.create_task(one) for one in (_heard(line, ear), line.refused.wait())]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in ends:
                    task.cancel()
            line.goes_down(line.down or "it has closed the connection")
        except ExceptionGroup as group:
            line.goes_down(_why(group.exceptions[0]))

    async def send(self, names: Sequence[str], message: Outgoing) -> tuple[str, tuple[str, ...]]:
        """Through the first gateway that takes it; its name, and its IDs.

        The next one is tried only where this one surely has not taken it, and if it could take all
        of it.
        """
        refusal: RetryLater | LoginError | None = None
        rejected: Rejected | None = None
        for name in names:
            if not self[name].traits.carry(message):
                continue
            try:
                return name, await self._through(self._lines[name], message)
            except (OptedOutError, PartlyTakenError):
                raise
            except Rejected as error:
                rejected = rejected or error
            except (RetryLater, LoginError) as error:
                refusal = error if refusal is None or isinstance(refusal, LoginError) else refusal
        if refusal is None:
            raise rejected or Rejected("No gateway of this number can send that.")
        if self.alone:
            raise refusal
        # What holds one gateway up must not hold up the conversations that go through others.
        after = refusal.after if isinstance(refusal, RetryLater) else _LONGEST
        raise RetryLater(str(refusal), after, Scope.CHAT) from refusal

    async def _through(self, line: Line, message: Outgoing) -> tuple[str, ...]:
        if line.down:
            raise RetryLater(f"The gateway {line.name} is not there: {line.down}")
        try:
            ids = await line.provider.send(message)
        except LoginError as error:
            if self.alone or not self._refused(line, message, error):
                raise
            why = f"The gateway takes other texts, and refuses this one. {error}"
            raise Rejected(why) from error
        line.taken += 1
        return ids

    def _refused(self, line: Line, message: Outgoing, error: LoginError) -> bool:
        """Whether the message is at fault; else the gateway is down until it lets us in again."""
        if line.refuses_alone(message.txn):
            return True
        line.goes_down(str(error))
        line.refused.set()
        return False

    def findings(self) -> Iterator[Finding]:
        """What is wrong with them now."""
        for line in self:
            if line.down:
                yield Finding(Severity.ERROR, f"The gateway {line.name} is down: {line.down}")


async def _heard(line: Line, ear: Ear) -> None:
    """Until the connection is gone; one that we hold none to is never gone."""
    if isinstance(line.provider, Listening):
        await line.provider.run(ear)
    else:
        await asyncio.get_running_loop().create_future()


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, (LoginError, RetryLater)) else type(error).__name__
