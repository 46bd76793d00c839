"""The one listener: what is public goes here, all the rest to the homeserver's own part.

Nothing public asks for the `hs_token`, and nothing trusts `Host` or `X-Forwarded-*`: our own
address is the configured one.
"""

from __future__ import annotations

from aiohttp import web

from bridgekit import webhooks
from bridgekit.clock import Clock
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.server import LARGEST
from bridgekit.media import links
from bridgekit.media.side import MediaSide
from bridgekit.web.hooks import Hooks
from bridgekit.web.media import MediaPages


def served(
    server: web.Application, media: MediaSide, intents: Intents, clock: Clock
) -> web.Application:
    """Everything that the bridge serves; `server` is what the homeserver calls."""
    pages = MediaPages(media.links, media.repository, intents, clock)
    app = web.Application(client_max_size=LARGEST)
    app.add_subapp(links.PATH, pages.app)
    app.add_subapp(webhooks.PATH, Hooks(media.webhooks).app)
    server.freeze()

    async def rest(request: web.Request) -> web.StreamResponse:
        # aiohttp knows no public way to put an application behind another one's root.
        return await server._handle(request)  # noqa: SLF001

    app.router.add_route("*", "/{path:.*}", rest)
    return app
