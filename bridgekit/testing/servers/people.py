"""People with accounts on a real homeserver: the verbs of `Person`, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientResponse, ClientSession
from yarl import URL

from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.person import Connection, Person
from bridgekit.testing.servers.synapse_server import Synapse

JSON = dict[str, Any]

_PREFIX = "/_matrix/client/v3"
_LONG_POLL = "30000"


class HttpConnection(Connection):
    """One person's connection to a homeserver."""

    def __init__(self, session: ClientSession, url: str, access_token: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {access_token}"}

    async def request(
        self, method: str, path: str, body: JSON | None = None, query: dict[str, str] | None = None
    ) -> Any:
        # The path is encoded already; yarl would decode what it thinks needs no encoding.
        url = URL(f"{self._url}{_PREFIX}{path}", encoded=True).update_query(query or {})
        async with self._session.request(method, url, json=body, headers=self._headers) as response:
            return await _answer(response)

    async def upload(self, data: bytes, mime: str, name: str) -> str:
        url = URL(f"{self._url}/_matrix/media/v3/upload").with_query(filename=name)
        headers = {**self._headers, "Content-Type": mime}
        async with self._session.post(url, data=data, headers=headers) as response:
            return str((await _answer(response))["content_uri"])

    async def download(self, server: str, media: str) -> bytes:
        url = f"{self._url}/_matrix/client/v1/media/download/{server}/{media}"
        async with self._session.get(url, headers=self._headers) as response:
            return await response.read() if response.ok else await _answer(response)

    async def changes(self) -> AsyncGenerator[None]:
        query = {"timeout": "0"}
        while True:
            answer = await self.request("GET", "/sync", None, query)
            yield
            query = {"timeout": _LONG_POLL, "since": answer["next_batch"]}


async def _answer(response: ClientResponse) -> Any:
    answer = await response.json()
    if not response.ok:
        extra = {key: answer[key] for key in answer if key not in ("errcode", "error")}
        raise MatrixError(response.status, answer["errcode"], answer["error"], extra)
    return answer


class People:
    """Makes people, each with one client, on one homeserver."""

    def __init__(self, server: Synapse, session: ClientSession) -> None:
        self._server = server
        self._session = session
        self._known: dict[str, Person] = {}

    async def person(self, name: str) -> Person:
        """The person of that name, registered when first asked for."""
        if name not in self._known:
            account = await asyncio.to_thread(self._server.accounts.get, name)
            connection = HttpConnection(self._session, self._server.url, account.access_token)
            self._known[name] = Person(account.user_id, account.access_token, connection)
        return self._known[name]


@asynccontextmanager
async def people(server: Synapse) -> AsyncGenerator[People]:
    """People on `server`, for as long as the block lasts; each event loop needs its own."""
    async with ClientSession() as session:
        yield People(server, session)
