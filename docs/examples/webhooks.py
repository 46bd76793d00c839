"""A network that calls the bridge: it gets its answer once what it brought is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hmac import compare_digest

from aiohttp import ClientSession, web
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.convert import to_event

from bridgekit import Login, RemoteUserID


class WebhookAdapter(TinychatAdapter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        self._url = self.host.mount([web.post("", self._called)])
        yield

    async def _called(self, request: web.Request) -> web.Response:
        token = self.config.token.get_secret_value()
        if not compare_digest(request.headers.get("X-Token", ""), token):
            raise web.HTTPForbidden
        event = to_event(await request.json())
        (login,) = self.host.logins()  # the bot; of several, the one that it is for
        await self.host.receive(login.id, event)
        return web.Response()  # only now: what `receive` raises is answered with 500

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["WebhookClient"]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.put("/webhook", json={"url": self._url}) as response:
                check(response)
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield WebhookClient(me, login, http, self.host)


class WebhookClient(TinychatClient):
    async def run(self) -> None:
        await asyncio.Event().wait()  # the network comes to us
