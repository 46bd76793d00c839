"""An SMS Gateway for Android in this process: it knows a message by its ID."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bridges.sms.fake.gateway import BOB, FakeGateway
from bridges.sms.fake.provider import serving
from bridges.sms.provider import Call
from bridges.sms.providers.android import signature
from bridges.sms.settings import ProviderSettings

_KEY = "signing-key"


class FakeAndroid(FakeGateway):
    """One phone."""

    name = "android"
    unknown: frozenset[str] = frozenset()
    """The events that an older app does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, str] = {}
        self.events: list[str] = []
        self.asked: list[tuple[dict[str, Any], dict[str, str]]] = []
        """What it was asked to send: fields and query."""

    @property
    def account(self) -> ProviderSettings:
        return ProviderSettings(
            api_url=self.url, user="me", secret=SecretStr("pass"), signing_key=SecretStr(_KEY)
        )

    def texted(self, peer: str, text: str, id_: str) -> Call:
        payload = {"messageId": "not unique", "message": text, "phoneNumber": f"+{peer}"}
        return self._call({"id": id_, "event": "sms:received", "payload": payload})

    def reported(self, id_: str, *, failed: bool, why: str) -> Call:
        event = "sms:failed" if failed else "sms:delivered"
        payload = {"messageId": id_, "phoneNumber": f"+{BOB}", "reason": why}
        return self._call({"id": f"report-{id_}", "event": event, "payload": payload})

    def nonsense(self) -> Call:
        return self._call({"event": "sms:received"})

    def _call(self, content: object) -> Call:
        body, at = json.dumps(content).encode(), self.second()
        headers = {
            "content-type": "application/json",
            "x-timestamp": at,
            "x-signature": signature(body, at, _KEY),
        }
        return Call("POST", self.hook, (), headers, body, "")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/webhooks", self._webhooks),
            web.post("/webhooks", self._webhook),
            web.post("/messages", self._message),
        ]

    async def _webhooks(self, _: web.Request) -> web.Response:
        return web.json_response([])

    async def _webhook(self, request: web.Request) -> web.Response:
        fields = await request.json()
        if fields["event"] in self.unknown:
            return web.json_response({"message": "Unsupported event"}, status=400)
        self.events.append(fields["event"])
        self.hook = fields["url"]
        return web.json_response({}, status=201)

    async def _message(self, request: web.Request) -> web.Response:
        fields = await request.json()
        self.asked.append((fields, dict(request.query)))
        trouble = self.troubles.next(request)
        if trouble is not None:
            return trouble
        if fields["id"] in self.taken:
            return web.json_response({"message": "there already"}, status=409)
        self.taken[fields["id"]] = text = fields["textMessage"]["text"]
        await self.hear(fields["phoneNumbers"][0], text, fields["id"])
        answer = web.json_response({"id": fields["id"], "state": "Pending"}, status=202)
        return self.troubles.lost(request, answer)

    def refusal(self) -> web.Response:
        return web.json_response({"message": "invalid phone number"}, status=400)

    def busy(self, seconds: float) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": str(ceil(seconds))})

    def strangers(self) -> web.Response:
        return web.Response(status=401)


@asynccontextmanager
async def fake_android() -> AsyncIterator[FakeAndroid]:
    async with serving(FakeAndroid()) as network:
        yield network
