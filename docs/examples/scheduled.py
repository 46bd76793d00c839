"""A network whose names are read once an hour, by a task that lives as long as the network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientError, ClientSession
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import check

from bridgekit import RemoteUserID, UserInfo

HOUR = 3600.0


class NamesAdapter(TinychatAdapter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._every_hour())
            yield
            task.cancel()

    async def _every_hour(self) -> None:
        token = self.config.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            while True:
                # In an hour, then. Whatever else is raised ends all logins, visibly.
                with suppress(ClientError, TimeoutError):
                    await self._read_names(http)
                await asyncio.sleep(HOUR)

    async def _read_names(self, http: ClientSession) -> None:
        async with http.get("/names") as response:
            check(response)
            names = await response.json()
        for login in self.host.logins():
            for user, name in names.items():
                await self.host.user_changed(login.id, UserInfo(RemoteUserID(user), name))
