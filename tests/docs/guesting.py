"""A network that takes guests, to whom people there can say something in private."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import web
from matrix_bridgekit_tinychat.fake import TOKEN

from bridgekit import Content, Message, MessageID, RemoteUserID, plain
from bridgekit.testing.contract import FakeNetwork, Heard
from tests.docs.fakes import Extended


class Guesting(Extended):
    """`_said` is what each guest was told and has not seen; `_private` what they said, to whom."""

    another_chat = FakeNetwork.another_chat  # what is not said in the lobby is private

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, list[dict[str, Any]]] = {}
        self._private: list[tuple[str, Heard]] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/guests", self._guest)]

    async def whisper(self, who: str, to: RemoteUserID, content: Content) -> MessageID | None:
        assert isinstance(content, Message)
        number = next(self._numbers)
        named = MessageID(f"m{number}")
        news = {"number": number, "chat": who, "from": who, "id": named, "private": True}
        self._said[to].append(news | {"text": plain(content.text)})
        self._more.set()
        return named

    def whispered(self, who: str) -> Sequence[Heard]:
        return [heard for to, heard in self._private if to == who]

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        known = _token(request) in (TOKEN, *self._said) or request.path == "/guests"
        if self._refusing or not known:
            return web.Response(status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _guest(self, request: web.Request) -> web.Response:
        guest = f"guest-{(await request.json())['name']}"
        self._said.setdefault(guest, [])
        return web.json_response({"id": guest, "token": guest})

    async def _unseen(self, request: web.Request) -> web.Response:
        said = self._said.get(_token(request))
        if said is None:
            return await super()._unseen(request)
        with suppress(TimeoutError):
            async with asyncio.timeout(float(request.query["wait"])):
                while not said:
                    self._more.clear()
                    await self._more.wait()
        return web.json_response(said)

    async def _seen(self, request: web.Request) -> web.Response:
        said = self._said.get(_token(request))
        if said is None:
            return await super()._seen(request)
        if said and str(said[0]["number"]) == request.match_info["number"]:
            del said[0]
        return web.Response()

    async def _take(self, request: web.Request) -> web.Response:
        before, guest = len(self._heard), _token(request)
        answer = await super()._take(request)
        if guest in self._said and len(self._heard) > before:
            chat, heard = (await request.json())["chat"], replace(self._heard.pop(), who=guest)
            if chat == self.chat:
                self._heard.append(heard)
            else:
                self._private.append((chat, heard))
        return answer


def _token(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")
