"""Networks that keep what was said, and tell it to whoever asks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.docs.fakes import Extended


class Logged(Extended):
    """What was said there stays, and is read from wherever one asks."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[dict[str, Any]] = []
        self._times: list[datetime] = []
        self.asked_since: list[int] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/log", self._log), web.get("/past", self._past)]

    async def _log(self, request: web.Request) -> web.Response:
        since, wait = int(request.query["since"]), float(request.query["wait"])
        self.asked_since.append(since)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while self._numbered <= since:
                    self._more.clear()
                    await self._more.wait()
        return web.json_response([one for one in self._told if one["number"] > since])

    @property
    def _numbered(self) -> int:
        return max((one["number"] for one in self._told), default=0)

    def _tell(self, news: dict[str, Any]) -> None:
        before = len(self._news)
        super()._tell(news)
        self._told += self._news[before:]
        self._times += [datetime.now(UTC)] * (len(self._told) - len(self._times))
        self._more.set()

    async def _past(self, request: web.Request) -> web.Response:
        ids = [news.get("id") for news in self._told]
        asked = request.query
        first = ids.index(asked["after"]) + 1 if asked["after"] in ids else 0
        if asked["since"]:
            since = datetime.fromisoformat(asked["since"])
            first = sum(at < since for at in self._times)
        last = ids.index(asked["before"]) if asked["before"] in ids else len(ids)
        limit = int(asked["limit"])
        onwards = asked["after"] in ids or asked["since"]
        span = slice(limit) if onwards else slice(-limit, None)
        return web.json_response(self._told[first:last][span])


class Forgetting(Logged):
    """Whoever is not there misses it; but it can be asked what was said."""

    def __init__(self) -> None:
        super().__init__()
        self._drops = 0
        self._known = self._missed = False

    async def miss(self) -> None:
        self._missed = True

    async def drop(self) -> None:
        self._missed = False
        self._drops += 1
        self._more.set()

    def _tell(self, news: dict[str, Any]) -> None:
        super()._tell(news)
        if self._missed:
            self._news.clear()

    async def _unseen(self, _: web.Request) -> web.Response:
        drops = self._drops
        while self._drops == drops and not self._news:
            self._more.clear()
            await self._more.wait()
        if self._drops > drops:
            return web.Response(status=503)
        return web.json_response(self._news)

    async def _me(self, request: web.Request) -> web.Response:
        if self._known:
            self._news.clear()
        return await super()._me(request)

    async def _seen(self, request: web.Request) -> web.Response:
        self._known = True
        return await super()._seen(request)
