"""A network that is listened to over a WebSocket, and told of each event that is stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import WSMsgType
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient

from bridgekit import Login

HEARTBEAT = 30  # seconds: a connection that died without a word is noticed


class SocketAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["SocketClient"]:
        async with self.signed_in(login) as (me, http):
            yield SocketClient(me, login, http, self.host)


class SocketClient(TinychatClient):
    async def run(self) -> None:
        async with self._http.ws_connect("/socket", heartbeat=HEARTBEAT) as socket:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                news = frame.json()
                await self._host.receive(self._login.id, *await self._understood(news))
                await socket.send_json({"seen": news["number"]})
        # The connection has ended. To return says so: the core connects again, with back-off.
