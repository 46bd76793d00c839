"""Where Telegram calls: the secret is checked before anything is read, and 200 means stored.

Bot API, "setWebhook".
"""

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from pydantic import SecretStr

from bridgekit import RetryLater

HEADER = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST = 1_000_000  # bytes; Telegram's own updates are far smaller

Take = Callable[[Sequence[object]], Awaitable[object]]


def route(secret: SecretStr, take: Take) -> web.RouteDef:
    """The route to mount; `take` stores an update."""
    expected = secret.get_secret_value().encode()

    async def called(request: web.Request) -> web.Response:
        given = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            return web.Response(status=401)
        try:
            update = json.loads(await _body(request))
        except (ValueError, RecursionError):
            return web.Response(status=400)
        if not isinstance(update, dict):
            return web.Response(status=400)
        try:
            await take([update])
        except RetryLater as error:
            return web.Response(status=503, headers={"Retry-After": str(int(error.after or 1))})
        return web.Response()  # only now: it is stored

    return web.post("", called)


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > _LARGEST:
            raise web.HTTPRequestEntityTooLarge(_LARGEST, len(body))
    return bytes(body)
