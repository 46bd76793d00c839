"""A network that wants to know the device it talks to: its ID is made once, and kept."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check

from bridgekit import Login, RemoteUserID


class DeviceAdapter(TinychatAdapter):
    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[TinychatClient]:
        headers = {
            "Authorization": f"Bearer {login.credentials['token']}",
            "X-Device": await self._device(login),
        }
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield TinychatClient(me, login, http, self.host)

    async def _device(self, login: Login) -> str:
        key = f"device {login.id}"  # all logins of the network share the keys
        device = await self.host.load(key)
        if device is None:
            device = secrets.token_hex(8)
            await self.host.save(key, device)  # before it is used: after a crash it is the same
        return device
