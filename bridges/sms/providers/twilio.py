"""Twilio, Programmable Messaging: SMS and MMS, signed calls, and a list to look things up in.

https://www.twilio.com/docs/messaging. Options: `set_hook: yes` has it call us for all its numbers,
`interval` is how often its list is read for what its calls did not bring (seconds).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from bridgekit import Absence, Found, LoginError
from bridges.sms.api import API
from bridges.sms.codes import Codes
from bridges.sms.fields import numbered, ranked
from bridges.sms.listening import Ear, Listening
from bridges.sms.listing import Listed, keep_up, sought
from bridges.sms.numbers import LONGEST_SHORT
from bridges.sms.opt_out import Wish
from bridges.sms.provider import (
    Call,
    Downloads,
    ForgedError,
    Hooked,
    Inbound,
    Media,
    Outgoing,
    Provider,
    Reply,
    Report,
    Searchable,
    Surroundings,
    Told,
    Traits,
    UnusableError,
)
from bridges.sms.settings import SECONDS, YES, ProviderSettings
from bridges.sms.signing import fits, form_call, hmac64, spellings

_SKEW = timedelta(seconds=2)
_WISHES = {"STOP": Wish.STOP, "START": Wish.START, "HELP": Wish.HELP}
_ANSWERED = frozenset(
    {
        *("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        *("START", "YES", "UNSTOP", "HELP", "INFO"),
    }
)
_CODES = Codes(
    "Twilio",
    lambda body: (body["code"], body.get("message")),
    busy=("20429", "14107", "30001"),
    account=("20003", "20005", "30002"),
)
_TYPE = "MediaContentType{}"
_AGAIN = "#rc=5&rp=all"  # how calls are repeated: docs/usage/webhooks/webhooks-connection-overrides


class Twilio(Provider, Hooked, Listening, Searchable, Downloads):
    """`user` is the account SID, `secret` its auth token; `service` a messaging service SID."""

    title = "Twilio"
    # It gives calls up soon, but what they did not bring is read from its list.
    traits = Traits(segments=10, files=10, media=5_000_000, keeps=True)
    options: ClassVar[Mapping[str, str]] = {"set_hook": YES, "interval": SECONDS}
    reply = Reply(200, "<Response/>", "text/xml")  # any text would be sent to the customer

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        super().__init__(settings, around)
        self._token = settings.secret.get_secret_value()
        auth, base = (settings.user, self._token), settings.api_url or "https://api.twilio.com"
        self._api = API(around.http, base.rstrip("/"), _CODES, auth)
        self._account = f"/2010-04-01/Accounts/{settings.user}"

    async def sign_in(self) -> None:
        account = await self._api.get(f"{self._account}.json")
        if account.get("status") in ("suspended", "closed"):
            raise LoginError("The account at Twilio is suspended or closed.")

    async def set_hook(self) -> None:
        for number in await self._numbers():
            if number["sms_url"] != self.address():
                path = f"{self._account}/IncomingPhoneNumbers/{number['sid']}.json"
                await self._api.post(path, [("SmsUrl", self.address()), ("SmsMethod", "POST")])

    async def hooks(self) -> Mapping[str, str]:
        """A messaging service may have an address in their place."""
        numbers = await self._numbers()
        return {one["phone_number"]: str(one["sms_url"]).partition("#")[0] for one in numbers}

    async def owns(self, own: str) -> bool | None:
        if len(own.lstrip("+")) <= LONGEST_SHORT:
            return None  # short codes are in another list
        return bool(await self._numbers(PhoneNumber=own))

    async def _numbers(self, **only: str) -> Any:
        found = await self._api.get(f"{self._account}/IncomingPhoneNumbers.json", **only)
        return found["incoming_phone_numbers"]

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields = [("To", message.to[0]), ("From", message.own)]
        fields.append(("StatusCallback", self.around.url_for(message.txn)))
        if self.settings.service:  # of its numbers, the one that they know: docs, error 21603
            fields.append(("MessagingServiceSid", self.settings.service))
        fields += [("Body", message.text)] if message.text else []
        fields += [("MediaUrl", one) for one in message.media]
        return (str((await self._api.post(f"{self._account}/Messages.json", fields))["sid"]),)

    # What it calls us for.

    def verify(self, call: Call) -> None:
        if not is_genuine(call, self._token):
            raise ForgedError("its X-Twilio-Signature does not fit")

    def parse(self, call: Call) -> Sequence[Told]:
        fields = dict(call.form() if call.method == "POST" else call.query)
        sid, state = fields.get("MessageSid", ""), fields.get("MessageStatus", "received")
        if not sid and fields.get("Test"):
            return ()  # our own, in set-up
        if not sid:
            raise UnusableError("it has no MessageSid")
        if state != "received":
            return _report(sid, state, fields, dict(call.query).get("txn", ""))
        if "From" not in fields or "To" not in fields:
            raise UnusableError("it has no From or no To")
        asked, text = fields.get("OptOutType", ""), fields.get("Body", "")
        return [
            Inbound(
                sender=fields["From"],
                to=fields["To"],
                text=text,
                id=sid,
                media=numbered(fields, "MediaUrl{}", fields.get("NumMedia", "0"), _TYPE),
                wish=_WISHES.get(asked),
                answered=bool(asked) or _answers(fields["To"], text),
            )
        ]

    def sample(self) -> Call:
        return signed(self.around.url, {"Test": "bridgekit"}, self._token)

    def address(self) -> str:
        return f"{self.around.url}{_AGAIN}"

    # What its calls did not bring, and what became of a send.

    async def run(self, ear: Ear) -> None:
        interval = float(self.settings.option("interval", "300"))
        await keep_up(ear, self._listed, self._as_told, interval)

    async def _listed(self, since: datetime, **only: str) -> AsyncIterator[Listed]:
        """What was texted since then, newest first."""
        path, query = f"{self._account}/Messages.json", {**only, "PageSize": "100"}
        while path:
            page = await self._api.get(path, **query)
            for one in page["messages"]:
                if _created(one) < since:
                    return
                yield Listed(one["sid"], one["body"] or "", one["direction"] == "inbound", one)
            path, query = page.get("next_page_uri") or "", {}

    async def _as_told(self, one: Listed) -> Inbound:
        fields, own, files = one.fields, one.fields["to"], []
        if int(fields.get("num_media") or 0):
            path = f"{self._account}/Messages/{one.id}/Media.json"
            files = (await self._api.get(path))["media_list"]
        media, at = tuple(map(self._file, files)), _created(fields)
        answered = _answers(own, one.text)
        return Inbound(fields["from"], own, one.text, one.id, at, media, answered=answered)

    def _file(self, listed: Mapping[str, Any]) -> Media:
        uri = str(listed["uri"]).removesuffix(".json")
        return Media(self._api.base + uri, listed["content_type"])

    async def find(
        self, message: Outgoing, since: datetime, known: Callable[[str], bool]
    ) -> Found | Absence:
        listed = partial(self._listed, since - _SKEW, To=message.to[0])
        return await sought(listed, message.text, known)

    def download(self, url: str) -> AsyncIterator[bytes]:
        return self._api.download(url, self.around.fetch)


def _answers(own: str, text: str) -> bool:
    """Whether Twilio answers it of its own, which it does not tell, for any number but short ones.

    help.twilio.com, "Twilio support for opt-out keywords (SMS STOP filtering)".
    """
    return len(own.lstrip("+")) > LONGEST_SHORT and text.strip().upper() in _ANSWERED


def _report(sid: str, state: str, fields: Mapping[str, str], txn: str) -> Sequence[Told]:
    own, peer = fields.get("From", ""), fields.get("To", "")
    code, why = fields.get("ErrorCode", ""), fields.get("ChannelStatusMessage", "")
    return [Report(sid, own, peer, ranked(state), code, why, txn=txn)]


def _created(message: Mapping[str, Any]) -> datetime:
    return parsedate_to_datetime(message["date_created"])


# https://www.twilio.com/docs/usage/security#validating-requests: over the URL that it was told, and
# the fields of a form. Twilio itself names the port at times and at times leaves it out.


def signature(url: str, fields: Sequence[tuple[str, str]], token: str) -> str:
    """What Twilio would write; each value of a field counts once, in order."""
    named = "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return hmac64(token, url + named, "sha1")


def is_genuine(call: Call, token: str) -> bool:
    """Whether a call bears the signature of the account that has this token."""
    fields = call.form() if call.method == "POST" else []
    hashed = parse_qs(urlsplit(call.url).query).get("bodySHA256")
    if hashed is not None:
        if not fits(hashed[0], sha256(call.body).hexdigest()):
            return False
        fields = []
    given = call.headers.get("x-twilio-signature", "")
    return fits(given, *(signature(url, fields, token) for url in spellings(call.url)))


def signed(url: str, fields: Mapping[str, str], token: str) -> Call:
    """A call as Twilio would make it."""
    pairs = tuple(fields.items())
    return form_call(url, pairs, x_twilio_signature=signature(url, pairs, token))
