"""heisenbridge without its flood control, which has no setting. Runs in its own environment."""

import asyncio

from heisenbridge.__main__ import main
from heisenbridge.irc import HeisenConnection
from irc.client_aio import AioConnection


async def _run(self: HeisenConnection) -> None:
    """As the original, less its penalties and sleeps."""
    while True:
        try:
            _, line, _ = await self._queue.get()
        except asyncio.CancelledError:
            return
        AioConnection.send_raw(self, line)
        self._queue.task_done()


HeisenConnection._run = _run  # noqa: SLF001 (it is what is replaced)

if __name__ == "__main__":
    main()
