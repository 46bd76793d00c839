"""What Tinychat is, and how a login connects to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientTimeout
from bridgekit import Adapter, Limits, Login, Manifest, RemoteUserID, SupportsOwnLogins

from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.config import TinychatConfig

# Seconds after which a silent connection is broken: no answer takes more than 30.
SILENCE = ClientTimeout(sock_connect=30, sock_read=60)


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
        async with self.signed_in(login) as (me, http):
            yield TinychatClient(me, login, http, self.host)

    @asynccontextmanager
    async def signed_in(self, login: Login) -> AsyncIterator[tuple[RemoteUserID, ClientSession]]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers, timeout=SILENCE) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield me, http
