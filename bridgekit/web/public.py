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
from bridgekit.models import Direction
from bridgekit.provisioning.answering import Handler
from bridgekit.provisioning.api import PATH
from bridgekit.reasons import Reason
from bridgekit.sign_in.redirects import PATH as SIGN_IN
from bridgekit.sign_in.redirects import Redirects
from bridgekit.status import Status
from bridgekit.web.hooks import Hooks
from bridgekit.web.media import MediaPages
from bridgekit.web.sign_in import SignInPage

ANY = "{path:(?s:.*)}"  # a line break in it, too


def served(
    server: web.Application,
    media: MediaSide,
    api: web.Application,
    redirects: Redirects,
    intents: Intents,
    status: Status,
    clock: Clock,
) -> web.Application:
    """Everything that the bridge serves; `server` is what the homeserver calls, `api` programs."""

    def refused(network: str) -> None:
        status.count(network, Direction.TO_MATRIX, Reason.FORGED)

    pages = MediaPages(media.links, media.opened, media.repository, intents, clock)
    app = web.Application(client_max_size=LARGEST)
    app.add_subapp(links.PATH, pages.app)
    app.add_subapp(webhooks.PATH, Hooks(media.webhooks, refused, clock).app)
    app.add_subapp(SIGN_IN, SignInPage(redirects).app)
    app.router.add_route("*", f"{PATH}/{ANY}", _handed_to(api))
    app.router.add_route("*", f"/{ANY}", _handed_to(server))
    return app


def _handed_to(inner: web.Application) -> Handler:
    """To an application that knows its whole paths. As a sub-application it could have middlewares
    only where all of them share the outer one's look at each request.
    """
    inner.freeze()

    async def handle(request: web.Request) -> web.StreamResponse:
        # aiohttp knows no public way to put an application behind another one's root.
        return await inner._handle(request)  # noqa: SLF001

    return handle
