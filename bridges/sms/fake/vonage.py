"""A Vonage in this process: its SMS API, and its signed calls."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from aiohttp import web
from pydantic import SecretStr

from bridgekit.testing.contract import FakeNetwork
from bridges.sms.fake.gateway import BOB, OWN, FakeGateway
from bridges.sms.fake.provider import serving
from bridges.sms.provider import Call
from bridges.sms.providers.vonage import signature
from bridges.sms.settings import ProviderSettings

_KEY, _METHOD = "signature-secret", "sha256"
_THROTTLED, _INVALID, _CREDENTIALS = "1", "6", "4"


class FakeVonage(FakeGateway):
    """It answers 200 to all that it understands; what became of it is in the body."""

    name = "vonage"
    delay = FakeNetwork.delay  # it asks for a pause, and does not say how long

    def __init__(self) -> None:
        super().__init__()
        self._named: dict[str, str] = {}  # messages: as the bridge calls them
        self._signed: dict[str, bytes] = {}

    @property
    def account(self) -> ProviderSettings:
        return ProviderSettings(
            api_url=self.url,
            user="key",
            secret=SecretStr("secret"),
            signing_key=SecretStr(_KEY),
            options={"signature": _METHOD, "set_hook": "yes"},
        )

    def texted(self, peer: str, text: str, id_: str) -> Call:
        kind = "text" if text.isascii() else "unicode"
        return self._call(msisdn=peer, to=OWN, messageId=id_, text=text, type=kind)

    def reported(self, id_: str, *, failed: bool, why: str) -> Call:
        status = "failed" if failed else "delivered"
        about = {"messageId": id_, "status": status, "err-code": why}
        about["client-ref"] = self._named.get(id_, "")
        return self._call(msisdn=BOB, to=OWN, **about)

    def nonsense(self) -> Call:
        return self._call(msisdn=BOB)

    def _call(self, **fields: str) -> Call:
        """It comes again to the byte: nobody says whether the company's has a time of its own."""
        about = urlencode(fields)
        if about not in self._signed:
            given = {**fields, "timestamp": str(int(time.time())), "nonce": self.attempt()}
            given["sig"] = signature(given, _KEY, _METHOD)
            self._signed[about] = urlencode(given).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Call("POST", self.hook, (), headers, self._signed[about], "")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/account/get-balance", self._balance),
            web.get("/account/numbers", self._numbers),
            web.post("/account/settings", self._settings),
            web.post("/sms/json", self._message),
        ]

    async def _numbers(self, request: web.Request) -> web.Response:
        if request.query["pattern"] != OWN:
            return web.json_response({})
        return web.json_response({"count": 1, "numbers": [{"msisdn": OWN}]})

    async def _balance(self, _: web.Request) -> web.Response:
        return web.json_response({"value": 10.0})

    async def _settings(self, request: web.Request) -> web.Response:
        self.hook = str((await request.post())["moCallBackUrl"])
        return web.json_response({"mo-callback-url": self.hook})

    async def _message(self, request: web.Request) -> web.Response:
        fields = await request.post()
        trouble = self.troubles.next(request)
        if trouble is not None:
            return trouble
        id_ = f"out-{len(self._heard) + 1}"
        self._named[id_] = str(fields["client-ref"])
        await self.hear(str(fields["to"]), str(fields["text"]), id_)
        answer = {"message-count": "1", "messages": [{"status": "0", "message-id": id_}]}
        return self.troubles.lost(request, web.json_response(answer))

    def refusal(self) -> web.Response:
        return _refused(_INVALID, "Invalid message")

    def busy(self, seconds: float) -> web.Response:
        del seconds  # it names none
        return _refused(_THROTTLED, "Throughput rate exceeded")

    def strangers(self) -> web.Response:
        return web.json_response({"error-code": "401"}, status=401)


def _refused(status: str, why: str) -> web.Response:
    return web.json_response({"messages": [{"status": status, "error-text": why}]})


@asynccontextmanager
async def fake_vonage() -> AsyncIterator[FakeVonage]:
    async with serving(FakeVonage()) as network:
        yield network
