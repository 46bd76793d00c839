"""SMS Gateway for Android (capcom6), on the phone, a server of one's own or the cloud.

https://docs.sms-gate.app. `user` and `secret` are those that the app shows, `signing_key` is its
key for webhooks. Options: `sim` is the number of the SIM to send from.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from secrets import token_hex
from typing import Any, ClassVar

from bridgekit import RetryLater, Scope
from bridges.sms.fields import texted, went
from bridges.sms.http import ask, judge
from bridges.sms.provider import (
    Call,
    ForgedError,
    Hooked,
    Outgoing,
    Provider,
    Told,
    Traits,
    UnusableError,
)
from bridges.sms.settings import COUNT
from bridges.sms.signing import fits
from bridges.sms.status import Rank

# What is what: of a text that it tells of, and of a report.
_TEXT = {"sender": "sender|phoneNumber", "text": "message", "at": "receivedAt"}
_REPORT = {"id": "messageId", "peer": "recipient|phoneNumber", "text": "reason"}
API = "https://api.sms-gate.app/3rdparty/v1"
_FRESH = 300.0  # seconds for which a signature is good
_THERE = 409  # a message with this ID was taken before
_RANKS = {"sms:sent": Rank.SENT, "sms:delivered": Rank.DELIVERED, "sms:failed": Rank.FAILED}
EVENTS = ("sms:received", *_RANKS)


class AndroidGateway(Provider, Hooked):
    """It knows a message by our ID, and repeats a call for about two days."""

    title = "SMS Gateway for Android"
    traits = Traits(segments=10, keeps=True, idempotent=True)
    keyed = True
    options: ClassVar[Mapping[str, str]] = {"sim": COUNT}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Have it call us; a webhook of the same ID takes the place of the one before."""
        for event in EVENTS:
            hook = {"id": f"bridgekit-{event.replace(':', '-')}", "url": self.around.url}
            await self._ask("POST", "webhooks", {**hook, "event": event})
        yield

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields: dict[str, Any] = {
            "id": message.txn,
            "textMessage": {"text": message.text},
            "phoneNumbers": list(message.to),
            "withDeliveryReport": True,
        }
        if self.settings.option("sim"):
            fields["simNumber"] = int(self.settings.option("sim"))
        await self._ask("POST", "messages", fields)
        return (message.txn,)

    async def sign_in(self) -> None:
        await self._ask("GET", "webhooks", None)

    async def _ask(self, method: str, path: str, fields: Mapping[str, Any] | None) -> None:
        auth = (self.settings.user, self.settings.secret.get_secret_value())
        url = f"{(self.settings.api_url or API).rstrip('/')}/{path}"
        answer = await ask(self.around.http, method, url, auth=auth, json=fields)
        if answer.status == _THERE:
            return
        if answer.status == 503:  # noqa: PLR2004 (unavailable)
            raise RetryLater("The phone cannot send now.", answer.retry_after, Scope.LOGIN)
        judge(answer, self.title)

    # What it calls us for.

    def verify(self, call: Call) -> None:
        at = call.headers.get("x-timestamp", "")
        if not at.isdecimal() or abs(self.around.now() - int(at)) > _FRESH:
            raise ForgedError("its X-Timestamp is missing, or not of now")
        expected = signature(call.body, at, self._key)
        given = call.headers.get("x-signature", "").lower()
        if not self._key or not fits(given, expected):
            raise ForgedError("its X-Signature does not fit")

    def once(self, call: Call) -> str:
        return call.headers["x-signature"].lower()  # of the time, too

    def parse(self, call: Call) -> Sequence[Told]:
        try:
            event = json.loads(call.body)
            kind, payload = event["event"], event["payload"]
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableError("it is no event of the gateway") from error
        if kind == "sms:received":
            # Its own `messageId` is made of the content, and so not unique; the event's is.
            return [texted(_TEXT, payload, id=event["id"], to=str(payload.get("recipient") or ""))]
        return [went(_REPORT, payload, _RANKS[kind])] if kind in _RANKS else ()

    def sample(self) -> Call:
        ping = {"id": token_hex(8), "event": "system:ping", "payload": {}}
        body, at = json.dumps(ping).encode(), str(int(self.around.now()))
        headers = {
            "content-type": "application/json",
            "x-timestamp": at,
            "x-signature": signature(body, at, self._key),
        }
        return Call("POST", self.around.url, (), headers, body, "")

    def address(self) -> str:
        return f"{self.around.url} (the bridge has told it so already)"

    @property
    def _key(self) -> str:
        return self.settings.signing_key.get_secret_value()


def signature(body: bytes, at: str, key: str) -> str:
    """docs.sms-gate.app, "Payload signing": the body as it came, and the timestamp behind it."""
    return hmac.new(key.encode(), body + at.encode(), sha256).hexdigest()
