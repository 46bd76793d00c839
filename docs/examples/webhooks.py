"""A network that calls the bridge: it gets its answer once what it brought is stored."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hmac import compare_digest

from aiohttp import web
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.convert import to_event

from bridgekit import Login


class WebhookAdapter(TinychatAdapter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        self._url = self.host.mount([web.post("", self._called)])
        yield

    async def _called(self, request: web.Request) -> web.Response:
        token = self.config.token.get_secret_value()
        if not compare_digest(request.headers.get("X-Token", ""), token):
            raise web.HTTPForbidden
        (login,) = self.host.logins()  # the bot; of several, the one that it is for
        body = await request.read()
        try:
            event = to_event(json.loads(body))
        except Exception as error:  # noqa: BLE001 (the body's fault: it would come again for ever)
            await self.host.set_aside(login.id, body, f"It is no event ({type(error).__name__})")
        else:
            await self.host.receive(login.id, event)
        return web.Response()  # only now: what `receive` raises is answered with 500

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["WebhookClient"]:
        async with self.signed_in(login) as (me, http):
            async with http.put("/webhook", json={"url": self._url}) as response:
                check(response)
            yield WebhookClient(me, login, http, self.host)


class WebhookClient(TinychatClient):
    async def run(self) -> None:
        await asyncio.Event().wait()  # the network comes to us
