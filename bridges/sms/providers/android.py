"""SMS Gateway for Android (capcom6), on the phone, a server of one's own or the cloud.

https://docs.sms-gate.app. `user` and `secret` are those that the app shows, `signing_key` is its
key for webhooks. Options: `sim` is the number of the SIM to send from.
"""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from secrets import token_hex
from typing import Any, ClassVar

from bridgekit import Rejected, RetryLater, Scope
from bridges.sms.codes import Codes
from bridges.sms.fields import texted, went
from bridges.sms.http import ask
from bridges.sms.provider import (
    Call,
    Downloads,
    ForgedError,
    Hooked,
    Media,
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
_TEXT = {"sender": "sender|phoneNumber", "text": "message|body", "at": "receivedAt"}
_TEXT |= {"subject": "subject"}
_REPORT = {"id": "messageId", "peer": "recipient|phoneNumber", "text": "reason"}
API = "https://api.sms-gate.app/3rdparty/v1"
_FRESH = 300.0  # seconds for which a signature is good
_THERE = 409  # a message with this ID was taken before
_PATIENCE = 24 * 3600  # seconds for which a text waits for a phone that is away; then it fails
_RANKS = {"sms:sent": Rank.SENT, "sms:delivered": Rank.DELIVERED, "sms:failed": Rank.FAILED}
_MMS, _ONLY_MMS = "mms:downloaded", "mms:received"  # with its content, and without
EVENTS = ("sms:received", *_RANKS)
_UNSEEN = "[an MMS, of which this version of the app hands on nothing more]"
_WITHIN = "data:;base64,"
_CODES = Codes("SMS Gateway for Android", lambda body: ("", body["message"]))


class AndroidGateway(Provider, Hooked, Downloads):
    """It knows a message by our ID, and repeats a call for about two days."""

    title = _CODES.title
    traits = Traits(segments=10, keeps=True, idempotent=True, names_us=False)
    keyed = True
    options: ClassVar[Mapping[str, str]] = {"sim": COUNT}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Have it call us; a webhook of the same ID takes the place of the one before."""
        for event in EVENTS:
            await self._be_told(event)
        try:
            await self._be_told(_MMS)
        except Rejected:  # an older app: then at least that there was one
            with suppress(Rejected):
                await self._be_told(_ONLY_MMS)
        yield

    async def _be_told(self, event: str) -> None:
        hook = {"id": f"bridgekit-{event.replace(':', '-')}", "url": self.around.url}
        await self._ask("POST", "webhooks", {**hook, "event": event})

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields: dict[str, Any] = {
            "id": message.txn,
            "textMessage": {"text": message.text},
            "phoneNumbers": list(message.to),
            "withDeliveryReport": True,
            "ttl": _PATIENCE,
        }
        if self.settings.option("sim"):
            fields["simNumber"] = int(self.settings.option("sim"))
        # It takes short codes for no numbers; whom nobody may text we have looked at ourselves.
        await self._ask("POST", "messages?skipPhoneValidation=true", fields)
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
        _CODES.judge(answer)

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
            kind, payload, its = event["event"], event["payload"], event.get("id")
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableError("it is no event of the gateway") from error
        if kind in ("sms:received", _MMS, _ONLY_MMS):
            # Its own `messageId` is made of the content, and so not unique; the event's is.
            if its is None:
                raise UnusableError("it has no id")
            to, (files, missing) = str(payload.get("recipient") or ""), _files(payload)
            told = texted(_TEXT, payload, id=str(its), to=to, media=files)
            notes = (told.text, *missing, *((_UNSEEN,) if kind == _ONLY_MMS else ()))
            return [replace(told, text="\n".join(filter(None, notes)))]
        return [went(_REPORT, payload, _RANKS[kind])] if kind in _RANKS else ()

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """A file that came within the call."""
        try:
            yield b64decode(url.removeprefix(_WITHIN))
        except binascii.Error as error:
            raise Rejected("The file came broken.") from error

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


def _files(payload: Mapping[str, Any]) -> tuple[tuple[Media, ...], list[str]]:
    """What came along, and a line for each that is on the phone only."""
    found, missing = [], []
    for one in payload.get("attachments") or ():
        mime, name = str(one.get("contentType") or ""), str(one.get("name") or "")
        if one.get("data"):
            found.append(Media(f"{_WITHIN}{one['data']}", mime, name))
        elif mime != "application/smil":
            missing.append(f"[a file that is on the phone only: {name or mime}]")
    return tuple(found), missing


def signature(body: bytes, at: str, key: str) -> str:
    """docs.sms-gate.app, "Payload signing": the body as it came, and the timestamp behind it."""
    return hmac.new(key.encode(), body + at.encode(), sha256).hexdigest()
