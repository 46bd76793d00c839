"""What the fakes of all gateways that are asked over HTTP share, whatever they speak."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from aiohttp import web

from bridgekit import Content, Delivery, Field, Message, MessageID
from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat, Silence
from bridges.sms.config import Number, SMSConfig
from bridges.sms.fake.another import AnotherPhone
from bridges.sms.fake.calls import Calls, Outcall
from bridges.sms.fake.troubles import BOB, CHAT, COMMANDS, OWN, Troubles
from bridges.sms.settings import ProviderSettings


def configured(name: str, account: ProviderSettings) -> SMSConfig:
    """The settings of a bridge that has one number at this gateway, and all the speed there is."""
    number = Number(rate=100.0, burst=100)
    return SMSConfig(
        providers={name: account}, numbers={OWN: number}, per_minute=1000, segments=255
    )


class FakeProvider(FakeNetwork):
    """It calls the bridge at `hook`, `most` times each (None: until it is answered)."""

    chat = CHAT
    direct = True
    kinds = frozenset({Delivery, Message})
    commands = COMMANDS

    def __init__(self, most: int | None = None) -> None:
        self.url = self.hook = ""
        self.troubles, self.calls = Troubles(), Calls(most=most)
        self._heard: list[tuple[str, Heard]] = []
        self.silence = Silence()
        self._last: Outcall | None = None
        self._early: Outcall | None = None

    @abstractmethod
    def app(self) -> web.Application:
        """What the bridge may ask for."""

    def _calls_us(self, call: Outcall) -> None:
        if self.troubles.swapping:
            self.troubles.swapping, self._early = False, call
            return
        early, self._early = self._early, None
        self._last = call
        self.calls.put(call, *([] if early is None else [early]))

    @abstractmethod
    async def says(self, peer: str, content: Content) -> MessageID | None:
        """Whoever has this number does this."""

    async def say(self, who: str, content: Content) -> MessageID | None:
        del who  # the chat is with Bob alone
        return await self.says(BOB, content)

    def gets(self, to: str, heard: Heard) -> None:
        """The phone of this number does."""
        self._heard.append((to.lstrip("+"), heard))

    def heard(self) -> Sequence[Heard]:
        return self.heard_by(BOB)

    def heard_by(self, peer: str) -> Sequence[Heard]:
        return [heard for to, heard in self._heard if to == peer]

    async def another_chat(self) -> OtherChat:
        return AnotherPhone(self)

    async def setting_up(self, *fields: Field) -> Mapping[str, str]:
        return {field.name: "" for field in fields}  # what is asked for stands in the configuration

    async def stall(self) -> None:
        self.silence.fall()

    async def refuse(self) -> None:
        self.troubles.refusing = True

    async def lose(self, *, taken: bool) -> None:
        self.troubles.lose(taken=taken)

    async def repeat(self) -> None:
        if self._last is not None:
            self.calls.put(self._last)

    async def swap(self) -> None:
        self.troubles.swapping = True


ProviderT = TypeVar("ProviderT", bound=FakeProvider)


@asynccontextmanager
async def serving(network: ProviderT) -> AsyncIterator[ProviderT]:
    """The gateway, on a free port of this machine."""
    app = network.app()
    app.middlewares.insert(0, network.silence.middleware)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    calling = asyncio.create_task(network.calls.run())
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        network.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield network
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        await runner.cleanup()
