"""Twilio, Programmable Messaging: SMS and MMS, signed calls, and a list to look things up in.

https://www.twilio.com/docs/messaging. Options: `set_hook: yes` has it call us for all its numbers,
`interval` is how often its list is read for what its calls did not bring (seconds).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from bridgekit import Absence, Found, LoginError
from bridges.sms.api import API
from bridges.sms.codes import Codes
from bridges.sms.fields import numbered, ranked, sent, texted, went
from bridges.sms.listening import Ear, Listening
from bridges.sms.listing import Listed, ahead, keep_up, sought
from bridges.sms.numbers import LONGEST_SHORT
from bridges.sms.opt_out import Wish
from bridges.sms.provider import (
    Call,
    Downloads,
    ForgedError,
    Hooked,
    Inbound,
    Known,
    Media,
    Outgoing,
    Provider,
    Reply,
    Searchable,
    Surroundings,
    Told,
    Traits,
)
from bridges.sms.settings import SECONDS, YES, ProviderSettings
from bridges.sms.signing import fits, form_call, hmac64, spellings

# What is what: of a text that it tells of, of one in its list, of a report, and of one of ours.
_TEXT = {"id": "MessageSid", "sender": "From", "to": "To", "text": "Body"}
_LISTED = {"id": "sid", "sender": "from", "to": "to", "text": "body"}
_REPORT = {"id": "MessageSid", "own": "From", "peer": "To"}
_REPORT |= {"code": "ErrorCode", "text": "ChannelStatusMessage"}
_SEND = {"To": "to", "From": "own", "Body": "text"}
_SLACK = timedelta(seconds=10)  # what it dates is a little later than we have asked for it
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
        services = settings.api_url or "https://messaging.twilio.com"
        self._services = API(around.http, services.rstrip("/"), _CODES, auth)
        self._account = f"/2010-04-01/Accounts/{settings.user}"

    async def sign_in(self) -> None:
        account = await self._api.get(f"{self._account}.json")
        if account.get("status") in ("suspended", "closed"):
            raise LoginError("The account at Twilio is suspended or closed.")

    async def set_hook(self) -> None:
        for number in await self._ours():
            if number["sms_url"] != self.address():
                path = f"{self._account}/IncomingPhoneNumbers/{number['sid']}.json"
                await self._api.post(path, [("SmsUrl", self.address()), ("SmsMethod", "POST")])
        if self.settings.service:
            inbound = [("InboundRequestUrl", self.address()), ("InboundMethod", "POST")]
            await self._services.post(f"/v1/Services/{self.settings.service}", inbound)

    async def hooks(self) -> Mapping[str, str]:
        """A messaging service has an address in their place, unless it says that it has not."""
        if name := self.settings.service:
            service = await self._services.get(f"/v1/Services/{name}")
            if not service["use_inbound_webhook_on_number"]:
                return {name: str(service["inbound_request_url"] or "").partition("#")[0]}
        numbers = await self._ours()
        return {one["phone_number"]: str(one["sms_url"]).partition("#")[0] for one in numbers}

    async def owns(self, own: str) -> bool | None:
        if _is_short(own):
            return None  # short codes are in another list
        return bool(await self._numbers(PhoneNumber=own))

    async def _ours(self) -> list[Any]:
        """Of an account that others use too, only what it has of our numbers."""
        own = [one for one in self.around.own if not _is_short(one)]
        return [one for number in own for one in await self._numbers(PhoneNumber=number)]

    async def _numbers(self, **only: str) -> Any:
        found = await self._api.get(f"{self._account}/IncomingPhoneNumbers.json", **only)
        return found["incoming_phone_numbers"]

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields = list(sent(_SEND, message).items())
        fields.append(("StatusCallback", self.around.url_for(message.txn)))
        if self.settings.service:  # of its numbers, the one that they know: docs, error 21603
            fields.append(("MessagingServiceSid", self.settings.service))
        fields += [("MediaUrl", one) for one in message.media]
        return (str((await self._api.post(f"{self._account}/Messages.json", fields))["sid"]),)

    # What it calls us for.

    def verify(self, call: Call) -> None:
        if not is_genuine(call, self._token):
            raise ForgedError("its X-Twilio-Signature does not fit")

    def parse(self, call: Call) -> Sequence[Told]:
        fields = dict(call.form() if call.method == "POST" else call.query)
        if fields.get("Test") and "MessageSid" not in fields:
            return ()  # our own, in set-up
        state = fields.get("MessageStatus", "received")
        if state != "received":
            return [went(_REPORT, fields, ranked(state), txn=dict(call.query).get("txn", ""))]
        files = numbered(fields, "MediaUrl{}", fields.get("NumMedia", "0"), "MediaContentType{}")
        asked = fields.get("OptOutType", "")
        told = texted(_TEXT, fields, media=files, wish=_WISHES.get(asked))
        return [replace(told, answered=bool(asked) or _answers(told.to, told.text))]

    def sample(self) -> Call:
        return signed(self.around.url, {"Test": "bridgekit"}, self._token)

    def address(self) -> str:
        return f"{self.around.url}{_AGAIN}"

    # What its calls did not bring, and what became of a send.

    async def run(self, ear: Ear) -> None:
        interval = float(self.settings.option("interval", "300"))
        await keep_up(ear, self._texted, self._as_told, interval)

    async def _texted(self, since: datetime) -> AsyncIterator[Listed]:
        """What was texted to our numbers since then."""
        async for one in self._listed(since):
            if one.inbound and one.fields["to"] in self.around.own:
                yield one

    async def _listed(self, since: datetime, **only: str) -> AsyncIterator[Listed]:
        """What was texted since then, by our clock, newest first."""
        path, query = f"{self._account}/Messages.json", {**only, "PageSize": "100"}
        while path:
            answer = await self._api.ask("GET", path, params=query)
            page, begin = answer.json(), since + ahead(answer, self.around.now())
            for one in page["messages"]:
                if _created(one) < begin:
                    return
                yield Listed(one["sid"], one["body"] or "", one["direction"] == "inbound", one)
            path, query = page.get("next_page_uri") or "", {}

    async def _as_told(self, one: Listed) -> Inbound:
        fields, files = one.fields, []
        if int(fields.get("num_media") or 0):
            path = f"{self._account}/Messages/{one.id}/Media.json"
            files = (await self._api.get(path))["media_list"]
        media, answered = tuple(map(self._file, files)), _answers(fields["to"], one.text)
        return texted(_LISTED, fields, at=_created(fields), media=media, answered=answered)

    def _file(self, listed: Mapping[str, Any]) -> Media:
        uri = str(listed["uri"]).removesuffix(".json")
        return Media(self._api.base + uri, listed["content_type"])

    async def find(self, message: Outgoing, since: datetime, known: Known) -> Found | Absence:
        own = {} if self.settings.service else {"From": message.own}  # a service chooses it
        listed = partial(self._listed, since - _SLACK, To=message.to[0], **own)
        return await sought(listed, message.text, known)

    def download(self, url: str) -> AsyncIterator[bytes]:
        return self._api.download(url, self.around.fetch)


def _answers(own: str, text: str) -> bool:
    """Whether Twilio answers it of its own, which it does not tell, for any number but short ones.

    help.twilio.com, "Twilio support for opt-out keywords (SMS STOP filtering)".
    """
    return not _is_short(own) and text.strip().upper() in _ANSWERED


def _is_short(own: str) -> bool:
    return len(own.lstrip("+")) <= LONGEST_SHORT


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
    # What stands behind a `#` it does not send; nobody says whether it is signed.
    urls = (one for url in (call.url, call.url + _AGAIN) for one in spellings(url))
    return fits(given, *(signature(one, fields, token) for one in urls))


def signed(url: str, fields: Mapping[str, str], token: str) -> Call:
    """A call as Twilio would make it."""
    pairs = tuple(fields.items())
    return form_call(url, pairs, x_twilio_signature=signature(url, pairs, token))
