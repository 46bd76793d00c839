"""A network that is reached through a proxy, if the operator names one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.config import TinychatConfig
from pydantic import Field, SecretStr

from bridgekit import Adapter, Limits, Login, Manifest, RemoteUserID, SupportsOwnLogins


class ProxiedConfig(TinychatConfig):
    proxy: SecretStr | None = Field(
        None, description="an HTTP proxy, as in http://user:password@proxy.example.org:3128"
    )


class ProxiedAdapter(Adapter[ProxiedConfig], SupportsOwnLogins):
    manifest = Manifest(
        name="proxied",
        title="Proxied",
        config=ProxiedConfig,
        limits=Limits(text=2000, idempotent=True),
    )

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"token": self.config.token.get_secret_value()}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[TinychatClient]:
        proxy = self.config.proxy.get_secret_value() if self.config.proxy else None
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers, proxy=proxy) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield TinychatClient(me, login, http, self.host)
