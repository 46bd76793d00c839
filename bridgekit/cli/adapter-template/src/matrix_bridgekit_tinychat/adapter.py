"""What Tinychat is, and how a login connects to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from bridgekit import Adapter, Limits, Login, Manifest, RemoteUserID, SupportsOwnLogins

from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.config import TinychatConfig


class TinychatAdapter(Adapter[TinychatConfig], SupportsOwnLogins):
    manifest = Manifest(
        name="tinychat",
        title="Tinychat",
        config=TinychatConfig,
        api=1,  # the version of the interface that this is written for
        limits=Limits(text=2000, idempotent=True),
    )

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"token": self.config.token.get_secret_value()}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[TinychatClient]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield TinychatClient(me, login, http, self.host)
