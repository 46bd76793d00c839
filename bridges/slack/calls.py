"""The Events API over HTTP: Slack's calls to our public URL, checked before they are read.

https://docs.slack.dev/apis/events-api: answered 200 once stored, and with 503 Slack calls again.
"""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from bridgekit import RetryLater
from bridges.slack.fields import JSON, text
from bridges.slack.signature import is_signed


class Calls:
    """`take` stores what came; `now` is the time of day, which signatures bear."""

    def __init__(
        self, secret: str, take: Callable[[JSON], Awaitable[None]], now: Callable[[], float]
    ) -> None:
        self._secret, self._take, self._now = secret, take, now

    def routes(self) -> list[web.RouteDef]:
        return [web.post("", self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        """401 or 400 for what no Slack would send, before anything is done with it."""
        body = await request.read()
        if not is_signed(self._secret, request.headers, body, self._now()):
            return web.Response(status=401, text="This is not signed by Slack.")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            return web.Response(status=400, text="This is no event.")
        if text(payload, "type") == "url_verification":
            return web.json_response({"challenge": text(payload, "challenge")})
        try:
            await self._take(payload)
        except RetryLater:
            return web.Response(status=503, text="It cannot be stored now; call again.")
        return web.Response()
