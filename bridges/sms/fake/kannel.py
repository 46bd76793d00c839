"""A Kannel in this process: `sendsms`, and the calls of an `sms-service` and of reports."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from urllib.parse import quote_from_bytes, urlsplit, urlunsplit

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
from bridges.sms.alphabet import in_gsm
from bridges.sms.config import SMSConfig
from bridges.sms.fake.calls import Outcall
from bridges.sms.fake.provider import FakeProvider, configured, serving
from bridges.sms.fake.troubles import OWN
from bridges.sms.settings import ProviderSettings

USER, PASSWORD, WORD = "bridge", "bridge-pass", "a-long-random-word"
_ACCEPTED = "0: Accepted for delivery"


class FakeKannel(FakeProvider):
    """What each verb promises is in the docstrings of `FakeNetwork`.

    A real one has the address of the bridge in its configuration; this one takes it from the
    `dlr-url` of what it is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reports: dict[str, str] = {}
        self._said = 0

    @property
    def settings(self) -> SMSConfig:
        account = ProviderSettings(
            provider="kannel",
            api_url=self.url,
            user=USER,
            secret=SecretStr(PASSWORD),
            token=SecretStr(WORD),
        )
        return configured("kannel", account)

    # What people do.

    async def says(self, peer: str, content: Content) -> MessageID | None:
        match content:
            case Message():
                self._said += 1
                self._calls_us(self._inbound(peer, plain(content.text), f"mo-{self._said}"))
                return MessageID(f"kannel:mo-{self._said}")
            case Delivery():
                self._calls_us(self._report(content))
                return None
            case _:
                raise NotImplementedError

    def _inbound(self, peer: str, text: str, name: str) -> Outcall:
        """In UTF-8 where the 7 bit alphabet suffices, else the bytes of UCS-2, as Kannel has it."""
        simple = in_gsm(text)
        octets = text.encode() if simple else text.encode("utf-16-be")
        coding, charset = ("0", "UTF-8") if simple else ("2", "UTF-16BE")
        query = (
            f"from=%2B{peer}&to=%2B{OWN}&text={quote_from_bytes(octets, safe='')}"
            f"&coding={coding}&charset={charset}&udh=&id={name}&time="
        )
        return self._get(query)

    def _report(self, content: Delivery) -> Outcall:
        failed = content.state is DeliveryState.FAILED
        url = self._reports[content.target.rpartition(":")[2]]
        said = quote_from_bytes((content.reason or "").encode(), safe="")
        target = url.replace("%d", "2" if failed else "1").replace("%A", said)
        return Outcall("GET", lambda: (target, {}, b""))

    def _get(self, query: str) -> Outcall:
        def make() -> tuple[str, dict[str, str], bytes] | None:
            return (f"{self.hook}?{query}", {}, b"") if self.hook else None

        return Outcall("GET", make)

    # What can go wrong.

    async def reject(self) -> None:
        text = "Invalid character in receiver number, rejected"
        self.troubles.waiting.append(lambda _: web.Response(status=400, text=text))

    async def garble(self) -> None:
        self._calls_us(self._get(f"to=%2B{OWN}&text=who%20says%20this"))

    # What the bridge asks for.

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/cgi-bin/sendsms", self.sendsms)
        return app

    async def sendsms(self, request: web.Request) -> web.Response:
        if request.content_type != "text/plain":
            return web.Response(status=400, text="Invalid content-type")
        fields = {
            name.lower().removeprefix("x-kannel-"): one for name, one in request.headers.items()
        }
        account = fields.get("username"), fields.get("password")
        if self.troubles.refusing or account != (USER, PASSWORD):
            return web.Response(status=403, text="Authorization failed for sendsms")
        report = fields.get("dlr-url", "")
        self.hook = urlunsplit(urlsplit(report)._replace(query=""))
        if not fields.get("to"):
            return web.Response(status=400, text="Missing receiver(s) number(s), rejected")
        trouble = self.troubles.next(request)
        if trouble is not None:
            return trouble
        txn = report.partition("id=")[2].partition("&")[0]
        self._reports[txn] = report
        said = Message(from_plain(await request.text()))
        self.gets(fields["to"], Heard(said, MessageID(f"kannel:{txn}")))
        return self.troubles.lost(request, web.Response(status=202, text=_ACCEPTED))


def fake_kannel() -> AbstractAsyncContextManager[FakeKannel]:
    """The gateway, on a free port of this machine."""
    return serving(FakeKannel())
