"""Vonage, SMS API (https://developer.vonage.com/en/api/sms).

`user` is the API key, `secret` the API secret, `signing_key` the signature secret. Options:
`signature` is the method chosen in the dashboard (md5hash, md5, sha1, sha256 or sha512);
`set_hook: yes` has it call us for all numbers of the account.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any, ClassVar

from bridgekit import LoginError, Rejected, RetryLater, Scope
from bridges.sms.alphabet import Encoding
from bridges.sms.api import API
from bridges.sms.codes import Codes, PartlyTakenError
from bridges.sms.fields import ranked, sent, texted, went
from bridges.sms.provider import (
    Call,
    ForgedError,
    Hooked,
    Outgoing,
    Part,
    Provider,
    Reply,
    Surroundings,
    Told,
    Traits,
)
from bridges.sms.settings import YES, ProviderSettings
from bridges.sms.signing import fits, form_call
from bridges.sms.udh import MOST_PARTS

# What is what: of a text that it tells of, of a report, and of one of ours.
_TEXT = {"id": "messageId", "sender": "msisdn", "to": "to", "text": "text"}
_TEXT |= {"at": "message-timestamp"}
_REPORT = {"id": "messageId", "own": "to", "peer": "msisdn", "txn": "client-ref"}
_NUMBERS = {"from": "own", "to": "to"}  # without a plus
_SEND = {"text": "text", "client-ref": "txn"}
METHODS = "md5hash|md5|sha1|sha256|sha512"
_BUSY = frozenset({"1", "5"})
_ACCOUNT = frozenset({"4", "8", "9"})  # credentials, barred, no credit left
_WHY = {
    "6": "The number is not valid, or the text cannot be sent to it.",
    "7": "The number is barred.",
    "15": "Our own number is not one that may be used there.",
    "22": "The number is not in a network that can be reached.",
    "29": "The number is not among those that a trial account may text.",
}


class Vonage(Provider, Hooked):
    """It tells again for a day what was not answered."""

    title = "Vonage"
    traits = Traits(segments=10, keeps=True, international=True)
    keyed = True
    options: ClassVar[Mapping[str, str]] = {"signature": METHODS, "set_hook": YES}
    reply = Reply(204)

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        super().__init__(settings, around)
        base = (settings.api_url or "https://rest.nexmo.com").rstrip("/")
        account = settings.user, settings.secret.get_secret_value()
        self._api = API(around.http, base, Codes(self.title), auth=account)

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields = {name: value.lstrip("+") for name, value in sent(_NUMBERS, message).items()}
        fields |= {**sent(_SEND, message), "callback": self.around.url}
        fields["type"] = "unicode" if message.segments.encoding is Encoding.UCS2 else "text"
        return _ids((await self._api.post("/sms/json", list(fields.items())))["messages"])

    async def set_hook(self) -> None:
        hook = self.around.url
        fields = {"moCallBackUrl": hook, "drCallBackUrl": hook}
        await self._api.ask("POST", "/account/settings", data=fields)

    async def sign_in(self) -> None:
        balance = (await self._api.get("/account/get-balance")).get("value")
        if balance is not None and float(balance) <= 0:
            raise LoginError("The account at Vonage has no credit left.")

    async def owns(self, own: str) -> bool | None:
        digits = own.lstrip("+")
        found = await self._api.get("/account/numbers", pattern=digits)
        return any(one["msisdn"] == digits for one in found.get("numbers", ()))

    # What it calls us for.

    def verify(self, call: Call) -> None:
        """Of any time: nobody says that a repetition has a new one, and what is refused is lost."""
        fields = _fields(call)
        given = fields.pop("sig", "")
        secret = self.settings.signing_key.get_secret_value()
        expected = signature(fields, secret, self.settings.option("signature", "md5hash"))
        if not secret or not fits(given.lower(), expected):
            raise ForgedError("its signature does not fit")

    def parse(self, call: Call) -> Sequence[Told]:
        fields = _fields(call)
        if fields.get("test"):
            return ()  # our own, in set-up
        if "status" not in fields:
            return [texted(_TEXT, fields, part=_part(fields))]
        if fields["status"] == "unknown":
            return ()
        code = f"vonage {fields['err-code']}" if fields.get("err-code") else ""
        return [went(_REPORT, fields, ranked(fields["status"]), code=code)]

    def sample(self) -> Call:
        at, nonce = str(int(self.around.now())), token_hex(8)
        fields = {"test": "bridgekit", "timestamp": at, "nonce": nonce}
        secret = self.settings.signing_key.get_secret_value()
        fields["sig"] = signature(fields, secret, self.settings.option("signature", "md5hash"))
        return form_call(self.around.url, list(fields.items()))

    def address(self) -> str:
        return self.around.url


def signature(fields: Mapping[str, str], secret: str, method: str) -> str:
    """What Vonage would write, in lower case: developer.vonage.com, "Signing messages"."""
    pairs = (
        f"&{name}={value.replace('&', '_').replace('=', '_')}"
        for name, value in sorted(fields.items())
    )
    text = "".join(pairs)
    if method == "md5hash":
        return hashlib.md5(f"{text}{secret}".encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), text.encode(), method).hexdigest()


def _fields(call: Call) -> dict[str, str]:
    """Of a query, a form or JSON, as the account is configured."""
    if call.method == "GET":
        return dict(call.query)
    if call.headers.get("content-type", "").startswith("application/json"):
        try:
            found = json.loads(call.body)
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in _items(found)}
    return dict(call.form())


def _items(found: Any) -> Sequence[tuple[str, Any]]:
    return list(found.items()) if isinstance(found, dict) else []


def _part(fields: Mapping[str, str]) -> Part | None:
    if fields.get("concat") != "true":
        return None
    total, number = (_count(fields.get(f"concat-{name}", "")) for name in ("total", "part"))
    return Part(fields.get("concat-ref", ""), total, number, text=fields.get("text", ""))


def _count(word: str) -> int:
    """More than there can be is one more than that: so it is no part of anything."""
    return min(int(word[:9]), MOST_PARTS + 1) if word.isdecimal() else 0


def _ids(parts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Those of all parts; what is refused in the middle is refused as a whole."""
    ids = []
    for one in parts:
        status, why = str(one.get("status")), str(one.get("error-text", ""))[:200]
        if status == "0":
            ids.append(str(one["message-id"]))
        elif ids:
            raise PartlyTakenError(
                f"Vonage took {len(ids)} parts of it and refused the next. {why}"
            )
        elif status in _BUSY:
            raise RetryLater("Vonage asks for a pause.", after=1.0, scope=Scope.LOGIN)
        elif status in _ACCOUNT:
            raise LoginError(f"Vonage does not accept the account. It says: {why}")
        else:
            raise Rejected(_WHY.get(status, f"Vonage refused it. It says: {why}"))
    return tuple(ids)
