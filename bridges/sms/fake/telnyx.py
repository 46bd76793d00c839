"""A Telnyx in this process: its Messaging API, and calls that only its key can sign."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from bridgekit.testing.contract import FakeNetwork
from bridges.sms.fake.gateway import BOB, OWN, FakeGateway
from bridges.sms.fake.provider import serving
from bridges.sms.provider import Call
from bridges.sms.settings import ProviderSettings


class FakeTelnyx(FakeGateway):
    """One messaging profile."""

    name = "telnyx"
    keeps = False
    stall = FakeNetwork.stall  # the bridge holds no connection whose silence it could notice
    tries = 3

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[list[str]] = []
        """To whom group messages went."""
        self._key = Ed25519PrivateKey.from_private_bytes(bytes(32))

    @property
    def account(self) -> ProviderSettings:
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return ProviderSettings(
            api_url=self.url,
            secret=SecretStr("KEY"),
            signing_key=SecretStr(b64encode(public).decode()),
            service="profile",
            options={"set_hook": "yes"},
        )

    def texted(self, peer: str, text: str, id_: str) -> Call:
        payload = {
            "id": id_,
            "direction": "inbound",
            "from": {"phone_number": f"+{peer}"},
            "to": [{"phone_number": f"+{OWN}", "status": "webhook_delivered"}],
            "cc": [],
            "text": text,
            "media": [],
        }
        return self._call("message.received", payload)

    def reported(self, id_: str, *, failed: bool, why: str) -> Call:
        status = "delivery_failed" if failed else "delivered"
        payload = {
            "id": id_,
            "direction": "outbound",
            "from": {"phone_number": f"+{OWN}"},
            "to": [{"phone_number": f"+{BOB}", "status": status}],
            "errors": [{"code": "40000", "title": why}] if failed else [],
        }
        return self._call("message.finalized", payload, self.callback(id_))

    def nonsense(self) -> Call:
        return self._call("message.received", None)

    def _call(self, kind: str, payload: object, url: str = "") -> Call:
        data = {"data": {"event_type": kind, "id": "event", "payload": payload}}
        body, at = json.dumps(data).encode(), self.second()
        given = b64encode(self._key.sign(at.encode() + b"|" + body)).decode()
        headers = {
            "content-type": "application/json",
            "telnyx-timestamp": at,
            "telnyx-signature-ed25519": given,
        }
        return Call("POST", url or self.hook, (), headers, body, "")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v2/balance", self._balance),
            web.get("/v2/phone_numbers", self._numbers),
            web.patch("/v2/messaging_profiles/profile", self._profile),
            web.post("/v2/messages", self._message),
            web.post("/v2/messages/group_mms", self._group),
        ]

    async def _numbers(self, request: web.Request) -> web.Response:
        asked = request.query["filter[phone_number]"]
        found = [{"phone_number": asked}] if asked == f"+{OWN}" else []
        return web.json_response({"data": found})

    async def _balance(self, _: web.Request) -> web.Response:
        return web.json_response({"data": {"balance": "10.0", "available_credit": "10.0"}})

    async def _profile(self, request: web.Request) -> web.Response:
        self.hook = (await request.json())["webhook_url"]
        return web.json_response({"data": {}})

    async def _message(self, request: web.Request) -> web.Response:
        fields = await request.json()
        trouble = self.troubles.next(request)
        if trouble is not None:
            return trouble
        id_ = f"out-{len(self._heard) + 1}"
        files, callback = fields.get("media_urls", ()), fields["webhook_url"]
        to = fields["to"] if isinstance(fields["to"], str) else fields["to"][0]
        await self.hear(to, fields["text"], id_, files, callback)
        return self.troubles.lost(request, web.json_response({"data": {"id": id_}}))

    async def _group(self, request: web.Request) -> web.Response:
        self.groups.append((await request.json())["to"])
        return await self._message(request)

    def refusal(self) -> web.Response:
        return _refused(400, "40310", "Invalid 'to' address")

    def busy(self, seconds: float) -> web.Response:
        return _refused(429, "10011", "Too many requests", **{"Retry-After": str(ceil(seconds))})

    def strangers(self) -> web.Response:
        return _refused(401, "10009", "Authentication failed")


def _refused(status: int, code: str, why: str, **headers: str) -> web.Response:
    errors = {"errors": [{"code": code, "title": why, "detail": why}]}
    return web.json_response(errors, status=status, headers=headers)


@asynccontextmanager
async def fake_telnyx() -> AsyncIterator[FakeTelnyx]:
    async with serving(FakeTelnyx()) as network:
        yield network
