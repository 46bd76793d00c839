"""A network that people sign in to, and a person who does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from matrix_bridgekit_tinychat.fake import TOKEN

from bridgekit import Field
from tests.docs.fakes import Extended

TOKENS = (TOKEN, "by code", "by scan")


class Conversation:
    """A person who signs in, with their answers ready."""

    callback_url, state, relay = "", "", False
    person = "@alice:example.org"

    def __init__(self, **answers: str) -> None:
        self._answers = answers
        self.shown: list[str | None] = []

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        return {field.name: self._answers[field.name] for field in fields}

    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None:
        del text, link
        self.shown.append(qr)

    async def redirect(self, url: str) -> Mapping[str, str]:
        raise NotImplementedError(url)


class SigningIn(Extended):
    """It gives tokens for codes, and for what was scanned."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/codes", self._code),
            web.post("/tokens", self._token),
            web.post("/scans", self._scan),
            web.get("/scans/{id}/token", self._scanned),
        ]

    def signing_in(self) -> Conversation:
        return Conversation(method="code", phone="+431234567", code="123456")

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Any) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        signed_in = token in TOKENS or request.path.startswith(("/codes", "/tokens", "/scans"))
        if self._refusing or not signed_in:
            return web.Response(status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _me(self, request: web.Request) -> web.Response:
        by_bot = request.headers["Authorization"] == f"Bearer {TOKEN}"
        return web.json_response({"id": "bridge" if by_bot else "carol"})

    async def _code(self, request: web.Request) -> web.Response:
        assert (await request.json()) == {"phone": "+431234567"}
        return web.Response()

    async def _token(self, request: web.Request) -> web.Response:
        if (await request.json())["code"] != "123456":
            return web.Response(status=401)
        return web.json_response({"token": "by code"})

    async def _scan(self, _: web.Request) -> web.Response:
        return web.json_response({"id": "7", "link": "tiny://scan/7"})

    async def _scanned(self, _: web.Request) -> web.Response:
        return web.json_response({"token": "by scan"})
