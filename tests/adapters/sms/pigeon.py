"""A gateway as somebody else would write it: texts by an HTTP API that calls back in JSON."""

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

from bridges.sms.fields import ranked, sent, texted, went
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

# What is what: of a text that it tells of, of a report, and of one of ours.
_TEXT = {"id": "id", "sender": "from", "to": "to", "text": "text"}
_REPORT = {"id": "id", "own": "from", "peer": "to"}
_SEND = {"from": "own", "to": "to", "text": "text"}


class Pigeon(Provider, Hooked):
    """`secret` is the key of the account, which also signs its calls."""

    title = "Pigeon"
    traits = Traits(segments=5, keeps=True)
    options: ClassVar[Mapping[str, str]] = {"colour": "white|grey"}

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        fields = {
            **sent(_SEND, message),
            "colour": self.settings.option("colour", "white"),
            "report_to": self.around.url_for(message.txn),
        }
        url, headers = f"{self.settings.api_url}/texts", {"X-Key": self._key}
        answer = await ask(self.around.http, "POST", url, headers=headers, json=fields)
        judge(answer, self.title)
        return (answer.json()["id"],)

    def verify(self, call: Call) -> None:
        given = call.headers.get("x-signature", "")
        if not hmac.compare_digest(self._signed(call.body).encode(), given.encode()):
            raise ForgedError("its X-Signature does not fit")

    def parse(self, call: Call) -> Sequence[Told]:
        told = json.loads(call.body)
        match told.get("event"):
            case "ping":
                return ()
            case "text":
                return [texted(_TEXT, told)]
            case "report":
                txn = dict(call.query).get("txn", "")
                return [went(_REPORT, told, ranked(told["state"]), txn=txn)]
        raise UnusableError("it is neither a text nor a report")

    def sample(self) -> Call:
        body = b'{"event": "ping"}'
        headers = {"x-signature": self._signed(body)}
        return Call("POST", self.around.url, (), headers, body, "")

    def address(self) -> str:
        return self.around.url

    def _signed(self, body: bytes) -> str:
        return hmac.new(self._key.encode(), body, "sha256").hexdigest()

    @property
    def _key(self) -> str:
        return self.settings.secret.get_secret_value()
