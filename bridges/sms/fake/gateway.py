"""What the fakes of gateways with an HTTP API share: phones on one side, calls on the other."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import ClientSession, encode_basic_auth, web

from bridgekit import (
    Attachment,
    AttachmentKind,
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
from bridges.sms.fake.provider import FakeProvider, configured
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.provider import Call
from bridges.sms.settings import ProviderSettings


class FakeGateway(FakeProvider):
    """`name` is the gateway's in the configuration; `hook` is where it was told to call.

    `texted`, `reported` and `nonsense` are calls as the gateway makes and signs them.
    """

    name: str

    def __init__(self) -> None:
        super().__init__(self.tries)
        self._said = self._tries = 0
        self._callbacks: dict[str, str] = {}

    tries: int | None = None
    """How often a call is made before it is given up; None: until it is answered."""

    @property
    @abstractmethod
    def account(self) -> ProviderSettings: ...

    @abstractmethod
    def texted(self, peer: str, text: str, id_: str) -> Call: ...

    @abstractmethod
    def reported(self, id_: str, *, failed: bool, why: str) -> Call: ...

    @abstractmethod
    def nonsense(self) -> Call: ...

    @abstractmethod
    def routes(self) -> list[web.RouteDef]: ...

    @abstractmethod
    def refusal(self) -> web.Response:
        """Of a number that is none."""

    @abstractmethod
    def busy(self, seconds: float) -> web.Response: ...

    @abstractmethod
    def strangers(self) -> web.Response:
        """To whom it does not know."""

    @property
    def settings(self) -> SMSConfig:
        # A copy remembers what was set; the demo writes just that.
        return configured(self.name, self.account.model_copy(update={"provider": self.name}))

    # What people do.

    async def says(self, peer: str, content: Content) -> MessageID | None:
        match content:
            case Message():
                self._said += 1
                name, text = f"in-{self._said}", plain(content.text)
                self._tell(lambda: self.texted(peer, text, name))
                return MessageID(f"{self.name}:{name}")
            case Delivery():
                failed, why = content.state is DeliveryState.FAILED, content.reason or ""
                named = content.target.rpartition(":")[2]
                self._tell(lambda: self.reported(named, failed=failed, why=why))
                return None
            case _:
                raise NotImplementedError

    def _tell(self, make: Any) -> None:
        def target() -> tuple[str, Mapping[str, str], bytes] | None:
            if not self.hook:
                return None
            call: Call = make()
            return call.url, call.headers, call.body

        self._calls_us(Outcall("POST", target))

    async def hear(
        self, to: str, text: str, id_: str, files: Sequence[str] = (), callback: str = ""
    ) -> None:
        """The phone `to` has got this; the gateway fetches the files, and reports to `callback`."""
        self._callbacks[id_] = callback or self.hook
        attachments = [await fetched(url) for url in files]
        said = Message(from_plain(text), attachments=tuple(attachments))
        self.gets(to, Heard(said, MessageID(f"{self.name}:{id_}")))

    def callback(self, id_: str) -> str:
        """Where it was asked to report what becomes of a message."""
        return self._callbacks.get(id_, self.hook)

    def attempt(self) -> str:
        """Of this try at a call, and of no other."""
        self._tries += 1
        return str(self._tries)

    def second(self) -> str:
        """The time of this try: a gateway that tries again does not within the same second."""
        return str(int(time.time()) - 100 + int(self.attempt()) % 200)

    # What can go wrong.

    async def reject(self) -> None:
        self.troubles.waiting.append(lambda _: self.refusal())

    async def delay(self, seconds: float) -> None:
        self.troubles.waiting.append(lambda _: self.busy(seconds))

    async def garble(self) -> None:
        self._tell(self.nonsense)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._let_in])
        app.add_routes(self.routes())
        return app

    def _authorization(self) -> str:
        """What whoever has the account's key sends; a key without a user is borne as it is."""
        account = self.account
        key = account.secret.get_secret_value()
        return encode_basic_auth(account.user, key) if account.user else f"Bearer {key}"

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if self.troubles.refusing or given != self._authorization():
            return self.strangers()
        answer: web.StreamResponse = await handler(request)
        return answer


async def fetched(url: str) -> Attachment:
    """What is to be sent, from the bridge's own address."""
    async with ClientSession() as http, http.get(url) as response:
        disposition = response.content_disposition
        name = (disposition.filename if disposition else None) or "file"
        content = await response.text(errors="replace")
        return Attachment(AttachmentKind.FILE, content, name, response.content_type)


__all__ = ["BOB", "OWN", "FakeGateway", "fetched"]
