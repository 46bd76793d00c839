"""A network that says when somebody is called something else."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check

from bridgekit import Content, Login, RemoteEvent, RemoteUserID, UserInfo


class NamingAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["NamingClient"]:
        async with self.signed_in(login) as (me, http):
            yield NamingClient(me, login, http, self.host)


class NamingClient(TinychatClient):
    async def _understood(self, news: Mapping[str, Any]) -> Sequence[RemoteEvent[Content]]:
        if "renamed" in news:
            # Stored when this returns: only then `run` acknowledges the news.
            who = UserInfo(RemoteUserID(news["from"]), news["renamed"])
            await self._host.user_changed(self._login.id, who)
            return []
        return await super()._understood(news)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        async with self._http.get(f"/users/{user}") as response:
            check(response)
            return UserInfo(user, (await response.json())["name"])
