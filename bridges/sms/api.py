"""A gateway's API over HTTP: where it is, how we sign in, and what its refusals mean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession

from bridgekit import Rejected
from bridges.sms.codes import Codes
from bridges.sms.http import Answer, ask, fetched
from bridges.sms.inbound import is_url_of

LARGEST = 100 << 20  # bytes of a file


@dataclass(frozen=True, slots=True)
class API:
    """`base` is without a slash at its end; `auth` or `headers` say who asks."""

    http: ClientSession
    base: str
    codes: Codes
    auth: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    async def get(self, path: str, **query: str) -> Any:
        """What it answers, read from its JSON. Raises as `Client.send`."""
        return (await self.ask("GET", path, params=query)).json()

    async def post(self, path: str, form: Sequence[tuple[str, str]]) -> Any:
        return (await self.ask("POST", path, data=form)).json()

    async def send(self, path: str, fields: Mapping[str, Any]) -> Any:
        """The same, in JSON."""
        return (await self.ask("POST", path, json=fields)).json()

    async def ask(self, method: str, path: str, **body: Any) -> Answer:
        """Raises as `Client.send` where the answer is no success."""
        url = self.base + path
        answer = await ask(self.http, method, url, auth=self.auth, headers=self.headers, **body)
        self.codes.judge(answer)
        return answer

    async def download(
        self, url: str, elsewhere: Callable[[str], AsyncIterator[bytes]]
    ) -> AsyncIterator[bytes]:
        """A file of its own host, which alone gets the key; `elsewhere` reads where that leads."""
        if self.auth is None or not is_url_of(url, self.base):
            title = self.codes.title
            raise Rejected(f"The file is not at {title}'s own host, which alone gets the key.")
        async for piece in fetched(self.http, url, LARGEST, self.auth, elsewhere):
            yield piece
