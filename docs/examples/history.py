"""A network that keeps what was said: what the bridge missed, it asks for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check

from bridgekit import ChatID, Content, Login, MessageID, RemoteEvent, SupportsHistory


class HistoryAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["HistoryClient"]:
        async with self.signed_in(login) as (me, http):
            yield HistoryClient(me, login, http, self.host)


class HistoryClient(TinychatClient, SupportsHistory):
    async def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        asked = {"chat": chat, "limit": str(limit), "after": after or "", "before": before or ""}
        asked["since"] = "" if since is None else since.isoformat()
        async with self._http.get("/past", params=asked) as response:
            check(response)  # raises where it cannot be told: no answer is not "nothing was said"
            past = await response.json()
        for news in past:  # oldest first; each message with the ID that it had live
            for event in await self._understood(news):
                yield event
