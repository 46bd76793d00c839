"""A Plivo in this process: its Message API, and its signed calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from urllib.parse import urlencode

from aiohttp import web
from pydantic import SecretStr

from bridgekit.testing.contract import FakeNetwork
from bridges.sms.fake.gateway import BOB, OWN, FakeGateway
from bridges.sms.fake.provider import serving
from bridges.sms.provider import Call
from bridges.sms.providers.plivo import signature
from bridges.sms.settings import ProviderSettings

_TOKEN = "auth-token"  # noqa: S105  a throw-away one


class FakePlivo(FakeGateway):
    """One application, which its number belongs to."""

    name = "plivo"
    keeps = False
    stall = FakeNetwork.stall  # the bridge holds no connection whose silence it could notice
    tries = 3

    @property
    def account(self) -> ProviderSettings:
        return ProviderSettings(
            api_url=self.url,
            user="MA1",
            secret=SecretStr(_TOKEN),
            service="app",
            options={"set_hook": "yes"},
        )

    def texted(self, peer: str, text: str, id_: str) -> Call:
        return self._call(self.hook, From=peer, To=OWN, Text=text, MessageUUID=id_, Type="sms")

    def reported(self, id_: str, *, failed: bool, why: str) -> Call:
        status = "failed" if failed else "delivered"
        about = {"MessageUUID": id_, "Status": status, "ErrorCode": why}
        return self._call(self.callback(id_), From=OWN, To=BOB, **about)

    def nonsense(self) -> Call:
        return self._call(self.hook, From=BOB)

    def _call(self, url: str, **fields: str) -> Call:
        nonce = self.attempt()  # each try has one of its own
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-plivo-signature-v3": signature(url, [*fields.items()], nonce, _TOKEN),
            "x-plivo-signature-v3-nonce": nonce,
        }
        return Call("POST", url, (), headers, urlencode(fields).encode(), "")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/Account/MA1/", self._account),
            web.get(f"/v1/Account/MA1/Number/{OWN}/", self._account),
            web.post("/v1/Account/MA1/Application/app/", self._application),
            web.post("/v1/Account/MA1/Message/", self._message),
        ]

    async def _account(self, _: web.Request) -> web.Response:
        return web.json_response({"auth_id": "MA1"})

    async def _application(self, request: web.Request) -> web.Response:
        self.hook = (await request.json())["message_url"]
        return web.json_response({"message": "changed"}, status=202)

    async def _message(self, request: web.Request) -> web.Response:
        fields = await request.json()
        trouble = self.troubles.next(request)
        if trouble is not None:
            return trouble
        id_ = f"out-{len(self._heard) + 1}"
        to, files = fields["dst"], fields.get("media_urls", ())
        await self.hear(to, fields["text"], id_, files, fields["url"])
        answer = web.json_response({"message_uuid": [id_]}, status=202)
        return self.troubles.lost(request, answer)

    def refusal(self) -> web.Response:
        return web.json_response({"error": "dst is invalid"}, status=400)

    def busy(self, seconds: float) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": str(ceil(seconds))})

    def strangers(self) -> web.Response:
        return web.Response(status=401)


@asynccontextmanager
async def fake_plivo() -> AsyncIterator[FakePlivo]:
    async with serving(FakePlivo()) as network:
        yield network
