"""A Twilio in this process: its messages, its list, its numbers, and its signed calls."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bridgekit import (
    Content,
    Delivery,
    DeliveryState,
    Message,
    MessageID,
    from_plain,
    plain,
)
from bridgekit.testing.contract import Heard
from bridges.sms.config import SMSConfig
from bridges.sms.fake.calls import Outcall
from bridges.sms.fake.gateway import fetched
from bridges.sms.fake.provider import FakeProvider, configured, serving
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.providers.twilio import signed
from bridges.sms.settings import ProviderSettings

SID, TOKEN = "AC00000000000000000000000000000001", "12345"  # the token of Twilio's own examples
_ERRORS = {  # status, code, message, as its API writes them
    "invalid": (400, 21211, "Invalid 'To' Phone Number"),
    "opted out": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "suspended": (403, 20005, "Account not active"),
}


class FakeTwilio(FakeProvider):
    """What each verb promises is in the docstrings of `FakeNetwork`. `now` is its clock."""

    files = True

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(most=5)
        self.settings_options = {"set_hook": "yes"}
        self.messages: list[dict[str, Any]] = []
        """All of them, newest first, as its list has them."""
        self._now, self._files = now, dict[str, bytes]()
        self.service: dict[str, Any] = {"use_inbound_webhook_on_number": False}
        self.service["inbound_request_url"] = None
        """What is set of the messaging service MG1."""
        self.tells_time = False
        """Whether its answers bear its own clock's time, not that of this machine."""

    @property
    def settings(self) -> SMSConfig:
        account = ProviderSettings(
            provider="twilio",
            api_url=self.url,
            user=SID,
            secret=SecretStr(TOKEN),
            options=self.settings_options,
        )
        return configured("twilio", account)

    # What people do.

    async def says(self, peer: str, content: Content) -> MessageID | None:
        match content:
            case Message():
                sid = self._new(f"+{peer}", f"+{OWN}", plain(content.text), "inbound")
                call = self._inbound(peer, sid, content)
            case Delivery():
                sid = content.target.rpartition(":")[2]
                call = self._report(sid, content)
            case _:
                raise NotImplementedError
        self._calls_us(call)
        return MessageID(f"twilio:{sid}") if isinstance(content, Message) else None

    def _inbound(self, peer: str, sid: str, content: Message) -> Outcall:
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": SID,
            "From": f"+{peer}",
            "To": f"+{OWN}",
            "Body": plain(content.text),
            "SmsStatus": "received",
            "NumMedia": str(len(content.attachments)),
        }
        for number, file in enumerate(content.attachments):
            path = f"/2010-04-01/Accounts/{SID}/Messages/{sid}/Media/ME{number}"
            self._files[path] = file.source.encode()
            fields[f"MediaUrl{number}"] = self.url + path
            fields[f"MediaContentType{number}"] = file.mime or "application/octet-stream"
        self.messages[0]["num_media"] = fields["NumMedia"]
        return self._signed(fields, lambda: self.hook)

    def _report(self, sid: str, content: Delivery) -> Outcall:
        failed = content.state is DeliveryState.FAILED
        fields = {
            "MessageSid": sid,
            "AccountSid": SID,
            "From": f"+{OWN}",
            "To": f"+{BOB}",
            "MessageStatus": "undelivered" if failed else content.state.value,
        }
        if content.reason:
            fields["ChannelStatusMessage"] = content.reason
        callback = next(one["callback"] for one in self.messages if one["sid"] == sid)
        return self._signed(fields, lambda: callback)

    def _signed(self, fields: dict[str, str], hook: Callable[[], str]) -> Outcall:
        def make() -> tuple[str, dict[str, str], bytes] | None:
            url = hook().partition("#")[0]  # what stands behind it is for Twilio alone
            call = signed(url, fields, TOKEN)
            return (url, dict(call.headers), call.body) if url else None

        return Outcall("POST", make)

    # What can go wrong.

    async def reject(self) -> None:
        self.troubles.waiting.append(lambda _: error(*_ERRORS["invalid"]))

    def opted_out(self) -> None:
        """The next message is refused, as its receiver has texted STOP to Twilio."""
        self.troubles.waiting.append(lambda _: error(*_ERRORS["opted out"]))

    async def delay(self, seconds: float) -> None:
        headers = {"Retry-After": str(ceil(seconds))}
        self.troubles.waiting.append(
            lambda _: error(429, 20429, "Too Many Requests", headers=headers)
        )

    async def garble(self) -> None:
        self._calls_us(self._signed({"AccountSid": SID, "Body": "?"}, lambda: self.hook))

    # What the bridge asks for.

    def app(self) -> web.Application:
        account = f"/2010-04-01/Accounts/{SID}"
        app = web.Application(middlewares=[self._let_in])
        app.add_routes(
            [
                web.get(f"{account}.json", self._account),
                web.get(f"{account}/IncomingPhoneNumbers.json", self._numbers),
                web.post(f"{account}/IncomingPhoneNumbers/PN1.json", self._set_number),
                web.get(f"{account}/Messages.json", self._list),
                web.post(f"{account}/Messages.json", self._send),
                web.get("/v1/Services/MG1", self._service),
                web.post("/v1/Services/MG1", self._service),
                web.get(account + "/Messages/{sid}/Media.json", self._media_list),
                web.get(account + "/Messages/{sid}/Media/{media}", self._media),
            ]
        )
        return app

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        account = b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if self.troubles.refusing or request.headers.get("Authorization") != f"Basic {account}":
            return error(401, 20003, "Authenticate")
        answer: web.StreamResponse = await handler(request)
        if self.tells_time:
            answer.headers["Date"] = format_datetime(self._now(), usegmt=True)
        return answer

    async def _account(self, _: web.Request) -> web.Response:
        return web.json_response({"sid": SID, "status": "active"})

    async def _numbers(self, request: web.Request) -> web.Response:
        number = {"sid": "PN1", "phone_number": f"+{OWN}", "sms_url": self.hook}
        asked = request.query.get("PhoneNumber", number["phone_number"])
        found = [number] if asked == number["phone_number"] else []
        return web.json_response({"incoming_phone_numbers": found})

    async def _set_number(self, request: web.Request) -> web.Response:
        self.hook = str((await request.post())["SmsUrl"])
        return await self._numbers(request)

    async def _service(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            url = (await request.post())["InboundRequestUrl"]
            self.service["inbound_request_url"] = self.hook = str(url)
        return web.json_response({"sid": "MG1", **self.service})

    async def _list(self, request: web.Request) -> web.Response:
        to, own = request.query.get("To"), request.query.get("From")
        start, size = int(request.query.get("Page", "0")), int(request.query["PageSize"])
        found = [one for one in self.messages if to in (None, one["to"])]
        found = [one for one in found if own in (None, one["from"])]
        page = found[start * size : (start + 1) * size]
        more = len(found) > (start + 1) * size
        query = request.rel_url.update_query(Page=str(start + 1))
        following = str(query) if more else None
        return web.json_response({"messages": page, "next_page_uri": following})

    async def _send(self, request: web.Request) -> web.Response:
        fields = await request.post()
        trouble = self.troubles.next(request)
        if trouble is not None:
            return trouble
        to, text = str(fields["To"]), str(fields.get("Body", ""))
        if not re.fullmatch(r"\+[1-9]\d{6,14}|\d{3,6}", to):
            return error(*_ERRORS["invalid"])
        if len(text) > 1600:
            return error(
                400, 21617, "The concatenated message body exceeds the 1600 character limit"
            )
        files = [await fetched(str(one)) for one in fields.getall("MediaUrl", [])]
        sid = self._new(str(fields["From"]), to, text, "outbound-api")
        self.messages[0]["callback"] = str(fields["StatusCallback"])
        said = Message(from_plain(text), attachments=tuple(files))
        self.gets(to, Heard(said, MessageID(f"twilio:{sid}")))
        answer = web.json_response({"sid": sid, "status": "queued"}, status=201)
        return self.troubles.lost(request, answer)

    async def _media_list(self, request: web.Request) -> web.Response:
        base = request.path.removesuffix(".json")
        found = [
            {"uri": f"{path}.json", "content_type": "text/plain"}
            for path in self._files
            if path.startswith(base)
        ]
        return web.json_response({"media_list": found})

    async def _media(self, request: web.Request) -> web.Response:
        return web.Response(body=self._files[request.path], content_type="text/plain")

    def _new(self, sender: str, to: str, text: str, direction: str) -> str:
        sid = f"SM{len(self.messages):032}"
        self.messages.insert(
            0,
            {
                "sid": sid,
                "from": sender,
                "to": to,
                "body": text,
                "direction": direction,
                "num_media": "0",
                "date_created": format_datetime(self._now()),
            },
        )
        return sid


def error(
    status: int, code: int, message: str, *, headers: dict[str, str] | None = None
) -> web.Response:
    body = {"code": code, "message": message, "status": status}
    return web.json_response(body, status=status, headers=headers)


def fake_twilio(
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AbstractAsyncContextManager[FakeTwilio]:
    """The gateway, on a free port of this machine."""
    return serving(FakeTwilio(now))
