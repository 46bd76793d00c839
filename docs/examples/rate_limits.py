"""A network that takes so many messages a second: the bridge waits before it sends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient

from bridgekit import Content, Login, MatrixEvent, SupportsPacing


class PacedAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["PacedClient"]:
        async with self.signed_in(login) as (me, http):
            yield PacedClient(me, login, http, self.host)


class PacedClient(TinychatClient, SupportsPacing):
    async def pace(self, event: MatrixEvent[Content]) -> None:
        await self._host.pace("all", rate=30, burst=30)  # of the whole bot
        await self._host.pace("chat", event.chat.id, rate=1, burst=5)  # of one chat
