"""Webhooks: a network's call, handed to its adapter's own handler.

What that refuses is counted, and said in the log now and then: where the network itself is refused,
nothing else tells it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import structlog
from aiohttp import web

from bridgekit.clock import Clock
from bridgekit.web.answers import plain
from bridgekit.webhooks import Webhooks

log = structlog.get_logger()

LARGEST = 4 << 20  # bytes of one call; what networks send has some kilobytes
REFUSED = frozenset({401, 403})  # how an adapter answers a call that is not its network's
EVERY = 600.0  # seconds between two lines in the log of one network: anybody may call
FIX = "if the network says that its calls fail, it has another secret than the configuration"


class Hooks:
    """A handler that raises answers 500, so that the network calls again.

    `refused` is told the network of each call that its adapter says is not the network's own.
    """

    def __init__(self, webhooks: Webhooks, refused: Callable[[str], None], clock: Clock) -> None:
        self._webhooks, self._refused, self._clock = webhooks, refused, clock
        self._unsaid: Counter[str] = Counter()
        self._said: dict[str, float] = {}
        self.app = web.Application()
        self.app.router.add_route("*", "/{network}", self._call)
        self.app.router.add_route("*", "/{network}/{rest:.*}", self._call)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        network = request.match_info["network"]
        mount = self._webhooks.find(network)
        if mount is None:
            return plain(404, "No network of this name is called back here.")
        if not mount.is_open():
            return plain(503, "This network is not at work yet; call again.", retry_after=5)
        try:
            # aiohttp knows no public way to hand a request to an application that came later.
            answer = await mount.app._handle(request.clone(client_max_size=LARGEST))  # noqa: SLF001
        except web.HTTPException as error:
            self._count(network, error.status)
            raise
        except Exception as error:  # noqa: BLE001 (an adapter's: whatever it was, it is not stored)
            # Its text may hold what was sent.
            log.warning("webhook failed", network=network, error=type(error).__name__)
            return plain(500, "This call could not be stored; call again.")
        self._count(network, answer.status)
        return answer

    def _count(self, network: str, status: int) -> None:
        if status not in REFUSED:
            return
        self._refused(network)
        self._unsaid[network] += 1
        now = self._clock.monotonic()
        if now - self._said.get(network, -EVERY) >= EVERY:
            self._said[network], calls = now, self._unsaid.pop(network)
            log.warning("webhook: calls refused", network=network, calls=calls, fix=FIX)
