"""Webhooks: a network's call, handed to its adapter's own handler. What that refuses is counted."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from aiohttp import web

from bridgekit.web.answers import plain
from bridgekit.webhooks import Webhooks

log = structlog.get_logger()

LARGEST = 4 << 20  # bytes of one call; what networks send has some kilobytes
REFUSED = frozenset({401, 403})  # how an adapter answers a call that is not its network's


class Hooks:
    """A handler that raises answers 500, so that the network calls again.

    `refused` is told the network of each call that its adapter says is not the network's own.
    """

    def __init__(self, webhooks: Webhooks, refused: Callable[[str], None]) -> None:
        self._webhooks, self._refused = webhooks, refused
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
        if status in REFUSED:
            self._refused(network)
