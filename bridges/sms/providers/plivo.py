"""Plivo, Message API (https://www.plivo.com/docs/messaging/api/message).

`user` is the auth ID, `secret` the auth token, which also signs its calls (version 3). Options:
`set_hook: yes` has the application `service` call us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

from bridgekit import LoginError, Rejected
from bridges.sms.api import API
from bridges.sms.codes import Codes
from bridges.sms.fields import numbered, ranked, sent, texted, went
from bridges.sms.provider import (
    Call,
    ForgedError,
    Hooked,
    Outgoing,
    Provider,
    Surroundings,
    Told,
    Traits,
)
from bridges.sms.settings import YES, ProviderSettings
from bridges.sms.signing import fits, form_call, hmac64

_API = "https://api.plivo.com"
_CODES = Codes("Plivo", lambda body: ("", body["error"]))
# What is what: of a text that it tells of, of a report, and of one of ours.
_TEXT = {"id": "ParentMessageUUID|MessageUUID", "sender": "From", "to": "To", "text": "Text"}
_REPORT = {"id": "ParentMessageUUID|MessageUUID", "own": "From", "peer": "To"}
_SEND = {"src": "own", "dst": "to", "text": "text"}
_SIGNATURE, _NONCE = "x-plivo-signature-v3", "x-plivo-signature-v3-nonce"


class Plivo(Provider, Hooked):
    """It gives a call up after a few tries."""

    title = "Plivo"
    traits = Traits(segments=10, files=10, media=2_000_000, international=True)
    options: ClassVar[Mapping[str, str]] = {"set_hook": YES}

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        super().__init__(settings, around)
        settings.hook_is_of(self.title, "the application")
        self._token = settings.secret.get_secret_value()
        base = f"{(settings.api_url or _API).rstrip('/')}/v1/Account/{settings.user}"
        self._api = API(around.http, base, _CODES, (settings.user, self._token))

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields: dict[str, Any] = sent(_SEND, message)
        fields["url"] = self.around.url_for(message.txn)
        if message.media:
            fields |= {"type": "mms", "media_urls": list(message.media)}
        return (str((await self._api.send("/Message/", fields))["message_uuid"][0]),)

    async def set_hook(self) -> None:
        fields = {"message_url": self.around.url, "message_method": "POST"}
        await self._api.ask("POST", f"/Application/{self.settings.service}/", json=fields)

    async def sign_in(self) -> None:
        account = await self._api.get("/")
        if str(account.get("billing_mode")) == "prepaid" and float(account["cash_credits"]) <= 0:
            raise LoginError("The account at Plivo has no credit left.")

    async def owns(self, own: str) -> bool | None:
        try:
            await self._api.get(f"/Number/{own.lstrip('+')}/")
        except Rejected:
            return False  # it is another's, or nobody's
        return True

    # What it calls us for.

    def verify(self, call: Call) -> None:
        given, nonce = call.headers.get(_SIGNATURE, ""), call.headers.get(_NONCE, "")
        fields = call.form() if call.method == "POST" else []
        expected = signature(call.url, fields, nonce, self._token)
        if not nonce or not any(fits(one.strip(), expected) for one in given.split(",")):
            raise ForgedError("its X-Plivo-Signature-V3 does not fit")

    def once(self, call: Call) -> str:
        return call.headers[_NONCE]

    def parse(self, call: Call) -> Sequence[Told]:
        fields = dict(call.form() if call.method == "POST" else call.query)
        if fields.get("Test"):
            return ()  # our own, in set-up
        if "Status" in fields:
            code = f"plivo {fields['ErrorCode']}" if fields.get("ErrorCode") else ""
            txn = dict(call.query).get("txn", "")
            return [went(_REPORT, fields, ranked(fields["Status"]), code=code, txn=txn)]
        media = numbered(fields, "Media{}", fields.get("MediaCount", "10"))
        return [texted(_TEXT, fields, media=media)]

    def sample(self) -> Call:
        fields, nonce = [("Test", "bridgekit")], token_hex(10)
        signed = signature(self.around.url, fields, nonce, self._token)
        return form_call(self.around.url, fields, **{_SIGNATURE: signed, _NONCE: nonce})

    def address(self) -> str:
        return self.around.url


def signature(url: str, fields: Sequence[tuple[str, str]], nonce: str, token: str) -> str:
    """What Plivo would write, version 3: its queries and fields, each sorted, and the nonce."""
    parts = urlsplit(url)
    base = urlunsplit(parts._replace(query="", fragment=""))
    query = "&".join(_sorted(parse_qs(parts.query, keep_blank_values=True), "{}={}"))
    if query or fields:
        base += f"?{query}"
    if query and fields:
        base += "."
    named: dict[str, list[str]] = {}
    for name, value in fields:
        named.setdefault(name, []).append(value)
    base += "".join(_sorted(named, "{}{}"))
    return hmac64(token, f"{base}.{nonce}", "sha256")


def _sorted(named: Mapping[str, Sequence[str]], form: str) -> list[str]:
    return [form.format(name, one) for name in sorted(named) for one in sorted(named[name])]
