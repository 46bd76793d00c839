"""Telnyx, Messaging API v2 (https://developers.telnyx.com/docs/messaging): SMS, MMS and groups.

`secret` is the API key, `signing_key` the account's public key, `service` a messaging profile.
Options: `set_hook: yes` has that profile call us.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bridgekit import LoginError
from bridges.sms.api import API
from bridges.sms.codes import Codes
from bridges.sms.fields import sent, texted, went
from bridges.sms.provider import (
    Call,
    ForgedError,
    Hooked,
    Inbound,
    Media,
    Outgoing,
    Provider,
    Report,
    Surroundings,
    Told,
    Traits,
    UnusableError,
)
from bridges.sms.settings import YES, ProviderSettings
from bridges.sms.status import Rank, rank_of

# What is what: of a text that it tells of, of a report, and of one of ours.
_TEXT = {"id": "id", "sender": "from.phone_number", "text": "text", "subject": "subject"}
_TEXT |= {"at": "received_at"}
_REPORT = {"id": "id", "own": "from.phone_number", "code": "error.code", "text": "error.title"}
_SEND = {"from": "own", "to": "to", "text": "text"}
_FRESH = 300.0  # seconds for which a signature is good
_STATES = frozenset({"message.sent", "message.finalized"})
_FAILED = frozenset({Rank.UNDELIVERED, Rank.FAILED, Rank.EXPIRED})


class Telnyx(Provider, Hooked):
    """It tries each call three times and gives it up then."""

    title = "Telnyx"
    traits = Traits(segments=10, files=10, media=1_000_000, group=8, answers=True)
    shares_key = False
    keyed = True
    options: ClassVar[Mapping[str, str]] = {"set_hook": YES}

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        super().__init__(settings, around)
        settings.hook_is_of(self.title, "the messaging profile")
        key = {"Authorization": f"Bearer {settings.secret.get_secret_value()}"}
        base = (settings.api_url or "https://api.telnyx.com").rstrip("/")
        self._api = API(around.http, base, _CODES, headers=key)

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        group = len(message.to) > 1
        fields: dict[str, Any] = sent(_SEND, message)
        fields["webhook_url"] = self.around.url_for(message.txn)
        if group:
            fields["to"] = list(message.to)
        if message.media:
            fields["media_urls"] = list(message.media)
        if self.settings.service:
            fields["messaging_profile_id"] = self.settings.service
        path = "/v2/messages/group_mms" if group else "/v2/messages"
        return (str((await self._api.send(path, fields))["data"]["id"]),)

    async def set_hook(self) -> None:
        path = f"/v2/messaging_profiles/{self.settings.service}"
        await self._api.ask("PATCH", path, json={"webhook_url": self.around.url})

    async def sign_in(self) -> None:
        left = (await self._api.get("/v2/balance"))["data"].get("available_credit")
        if left is not None and float(left) <= 0:
            raise LoginError("The account at Telnyx has no credit left.")

    async def owns(self, own: str) -> bool | None:
        found = await self._api.get("/v2/phone_numbers", **{"filter[phone_number]": own})
        return bool(found["data"])

    # What it calls us for.

    def verify(self, call: Call) -> None:
        at = call.headers.get("telnyx-timestamp", "")
        if not at.isdecimal() or abs(self.around.now() - int(at)) > _FRESH:
            raise ForgedError("its timestamp is missing, or not of now")
        try:
            key = b64decode(self.settings.signing_key.get_secret_value())
            given = b64decode(call.headers.get("telnyx-signature-ed25519", ""))
            Ed25519PublicKey.from_public_bytes(key).verify(given, at.encode() + b"|" + call.body)
        except (InvalidSignature, ValueError, Base64Error) as error:
            raise ForgedError("its signature does not fit") from error

    def once(self, call: Call) -> str:
        return f"{call.headers['telnyx-timestamp']} {sha256(call.body).hexdigest()}"

    def parse(self, call: Call) -> Sequence[Told]:
        try:
            data = json.loads(call.body)["data"]
            kind, payload = data["event_type"], data["payload"]
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableError("it is no event of Telnyx") from error
        if kind == "message.received":
            return [_inbound(payload)]
        return _reports(payload, dict(call.query).get("txn", "")) if kind in _STATES else ()

    def sample(self) -> Call:
        """Only Telnyx has the key to sign with: this one shows that others are refused."""
        return Call("POST", self.around.url, (), {"telnyx-timestamp": "0"}, b"{}", "")

    def address(self) -> str:
        return self.around.url


def _inbound(payload: Mapping[str, Any]) -> Inbound:
    numbers = [_number(one) for one in (*payload["to"], *(payload.get("cc") or ()))]
    files = payload.get("media") or ()
    media = tuple(Media(str(one["url"]), str(one.get("content_type") or "")) for one in files)
    return texted(_TEXT, payload, to=numbers[0], others=tuple(numbers[1:]), media=media)


def _reports(payload: Mapping[str, Any], txn: str) -> Sequence[Report]:
    """Of each receiver; of a group, they are all of one message."""
    told = [(_number(one), rank_of(one.get("status", ""))) for one in payload["to"]]
    error: Mapping[str, Any] = next(iter(payload.get("errors") or ()), {})
    found = []
    for peer, rank in ((peer, rank) for peer, rank in told if rank is not None):
        others = tuple(one for one, _ in told if one != peer)
        fields = {**payload, "error": error if rank in _FAILED else {}}
        found.append(went(_REPORT, fields, rank, peer=peer, others=others, txn=txn))
    return found


def _number(one: Mapping[str, Any]) -> str:
    if not isinstance(one["phone_number"], str):
        raise UnusableError("it names somebody by no number")
    return one["phone_number"]


def _error(body: Any) -> tuple[object, object]:
    first = body["errors"][0]
    return first.get("code"), first.get("detail") or first.get("title")


_CODES = Codes("Telnyx", _error, account=("10009", "20100"), message="40")
