"""How what happens on Telegram comes in: it is asked for, or Telegram calls."""

import asyncio
from collections.abc import Sequence

from telegram.error import BadRequest, NetworkError, TelegramError

from bridgekit import Host, LoginID
from bridges.telegram.calling import Calling
from bridges.telegram.commands import Commands
from bridges.telegram.config import TelegramConfig, Transport
from bridges.telegram.inbox import KINDS, Inbox
from bridges.telegram.wire import Wire

_PAUSES = (0.5, 1.0, 2.0)  # seconds before updates are asked for again, when that failed
_HEARTBEAT = 600.0  # seconds between two notes that the bridge is there


class Listening:
    """Of one connection; `address` is where Telegram calls."""

    def __init__(
        self,
        login: LoginID,
        config: TelegramConfig,
        host: Host,
        wire: Wire,
        inbox: Inbox,
        commands: Commands,
        address: str,
    ) -> None:
        self._login, self._config, self._host = login, config, host
        self._wire, self._inbox, self._commands = wire, inbox, commands
        self._address = address

    async def run(self) -> None:
        """Until it fails. Raises the library's errors."""
        if self._config.transport is Transport.WEBHOOK:
            own = (self._login, self._host, self._wire, self._inbox)
            await Calling(*own, self._commands, self._address).watch()
        else:
            await self._poll()

    async def _poll(self) -> None:
        """What is asked for with an offset is thereby acknowledged up to it."""
        offset = await self._host.cursor(self._login)
        loop = asyncio.get_running_loop()
        noted = loop.time() - _HEARTBEAT
        while True:
            raw = await self._asked(offset)
            if raw:
                offset = _behind(raw, offset)
                await self._inbox.take(raw, offset)
            if loop.time() - noted >= _HEARTBEAT:
                await self._commands.note_presence()
                noted = loop.time()

    async def _asked(self, offset: str | None) -> Sequence[object]:
        """The next updates. One failed request is no reason to let nobody speak meanwhile."""
        wait = self._config.poll_timeout
        for pause in _PAUSES:
            try:
                return await self._wire.updates(offset, wait, KINDS)
            except BadRequest:
                raise
            except NetworkError:
                await asyncio.sleep(pause)
        return await self._wire.updates(offset, wait, KINDS)


def _behind(raw: Sequence[object], offset: str | None) -> str:
    """Behind the last of these, and not behind the highest: nothing unseen may be confirmed.

    An update without a number cannot be acknowledged by it.
    """
    numbers = [one.get("update_id") for one in raw if isinstance(one, dict)]
    known = [number for number in numbers if isinstance(number, int)]
    if not known:
        raise TelegramError(f"None of {len(raw)} updates behind {offset} has a number")
    return str(known[-1] + 1)
