"""A network that is asked for news: how far we are is stored in the same commit as the news."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check

from bridgekit import Login


class PollingAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["PollingClient"]:
        async with self.signed_in(login) as (me, http):
            yield PollingClient(me, login, http, self.host)


class PollingClient(TinychatClient):
    async def run(self) -> None:
        since = await self._host.cursor(self._login.id) or "0"
        while True:
            asked = {"since": since, "wait": "30"}  # seconds, if there is nothing new
            async with self._http.get("/log", params=asked) as response:
                check(response)
                news = await response.json()
            if news:
                since = str(news[-1]["number"])
                events = [event for one in news for event in await self._understood(one)]
                await self._host.receive(self._login.id, *events, cursor=since)
