"""A network that is asked for news: how far we are is stored in the same commit as the news."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.convert import to_event

from bridgekit import Login, RemoteUserID


class PollingAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["PollingClient"]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
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
                await self._host.receive(self._login.id, *map(to_event, news), cursor=since)
