"""A network that keeps what was said: what the bridge missed, it asks for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.convert import to_event

from bridgekit import (
    ChatID,
    Content,
    Login,
    MessageID,
    RemoteEvent,
    RemoteUserID,
    SupportsHistory,
)


class HistoryAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["HistoryClient"]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield HistoryClient(me, login, http, self.host)


class HistoryClient(TinychatClient, SupportsHistory):
    async def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        asked = {"chat": chat, "limit": str(limit), "after": after or "", "before": before or ""}
        async with self._http.get("/past", params=asked) as response:
            check(response)  # raises where it cannot be told: no answer is not "nothing was said"
            past = await response.json()
        for news in past:  # oldest first; each message with the ID that it had live
            yield to_event(news)
