"""A real Kannel between the bridge and phones that are played, as the contract wants a network.

Kannel has the bridge's address in its configuration before there is a bridge: so it calls a door in
this process, which passes each call on as it is to the address that the bridge gives Kannel for its
reports. What the bridge asks of Kannel goes through the same door, which can break it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientError, ClientSession, web
from pydantic import SecretStr
from yarl import URL

from bridgekit import Content, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard
from bridgekit.testing.servers import Kannel, kannel
from bridges.sms.config import SMSConfig
from bridges.sms.fake.phones import OnPhone, Phones
from bridges.sms.fake.provider import configured
from bridges.sms.fake.troubles import BOB, CHAT, OWN, Troubles
from bridges.sms.providers.kannel import QUERY
from bridges.sms.settings import ProviderSettings

WORD = "a-long-random-word"
Texts = Callable[[str], Awaitable[None]]


class RealKannel(FakeNetwork):
    """`texts`: Bob texts this; `got` is what his phone has, in order."""

    chat = CHAT
    direct = True
    reorders = True  # what Kannel repeats after an outage comes in any order

    def __init__(self, texts: Texts, got: Callable[[], Sequence[str]]) -> None:
        self._texts, self._got = texts, got
        self.troubles = Troubles()
        self.door = self.hook = ""
        self.server: Kannel | None = None

    @property
    def settings(self) -> SMSConfig:
        account = ProviderSettings(
            provider="kannel",
            api_url=self.door,
            user="bridge",
            secret=SecretStr("bridge-pass"),
            token=SecretStr(WORD),
        )
        return configured("kannel", account)

    async def say(self, who: str, content: Content) -> MessageID | None:
        del who  # the chat is with Bob alone
        if not isinstance(content, Message):
            raise NotImplementedError
        await self._texts(plain(content.text))
        return None

    def heard(self) -> Sequence[Heard]:
        return [Heard(Message(from_plain(text))) for text in self._got()]

    async def refuse(self) -> None:
        self.troubles.refusing = True

    async def reject(self) -> None:
        self.troubles.waiting.append(lambda _: web.Response(status=400, text="rejected"))

    async def lose(self, *, taken: bool) -> None:
        self.troubles.lose(taken=taken)

    # The door.

    async def called(self, request: web.Request) -> web.Response:
        """From Kannel to the bridge, to the byte."""
        if not self.hook:
            return web.Response(status=503)
        url = URL(f"{self.hook}?{request.rel_url.raw_query_string}", encoded=True)
        try:
            async with ClientSession() as http, http.get(url) as answer:
                return web.Response(status=answer.status, body=await answer.read())
        except (ClientError, OSError):
            return web.Response(status=503)

    async def asked(self, request: web.Request) -> web.Response:
        """From the bridge to Kannel."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower().startswith("x-kannel") or name.lower() == "content-type"
        }
        self.hook = urlunsplit(urlsplit(headers["X-Kannel-DLR-URL"])._replace(query=""))
        if self.troubles.refusing:
            headers["X-Kannel-Password"] = "wrong"
        trouble = self.troubles.next(request) if "X-Kannel-To" in headers else None
        if trouble is not None:
            return trouble
        url = f"{'' if self.server is None else self.server.url}/cgi-bin/sendsms"
        body = await request.read()
        async with ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
            found = web.Response(status=answer.status, body=await answer.read())
        return self.troubles.lost(request, found)


@asynccontextmanager
async def behind_door(network: RealKannel, smpp: int | None = None) -> AsyncIterator[Kannel]:
    """Kannel at work for this network; `smpp` is the port of the SMSC behind it, if that is one."""
    app = web.Application()
    app.router.add_post("/cgi-bin/sendsms", network.asked)
    app.router.add_get("/hook", network.called)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        network.door = f"http://127.0.0.1:{runner.addresses[0][1]}"
        # Without the time: it is of now, and a contract has a time of its own.
        hook = f"{network.door}/hook?{QUERY.partition('&time')[0]}"
        with (
            TemporaryDirectory(prefix="kannel-") as folder,
            kannel(Path(folder), hook, smpp=smpp) as server,
        ):
            network.server = server
            yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def real_kannel() -> AsyncIterator[RealKannel]:
    """With phones that need nothing more; what they text and get is of one line."""
    got: list[str] = []

    def take(message: OnPhone) -> None:
        got.append(message.text)

    phones = Phones(take)

    async def texts(words: str) -> None:
        phones.text(f"+{BOB}", f"+{OWN}", words)

    network = RealKannel(texts, lambda: got)
    async with behind_door(network) as server:
        await phones.connect(server.phones)
        try:
            yield network
        finally:
            await phones.close()
