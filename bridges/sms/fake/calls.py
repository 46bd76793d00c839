"""A gateway's calls of the bridge: one after the other, each again until it is answered."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout

_PAUSE = 1.0  # seconds before a call is made again


@dataclass(frozen=True, slots=True)
class Outcall:
    """One call; `make` is asked for its URL, headers and body each time that it is made."""

    method: str
    make: Callable[[], tuple[str, Mapping[str, str], bytes] | None]


class Calls:
    """`most`: how often a call is made before it is given up; None: until it is answered."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._waiting: deque[Outcall] = deque()
        self._more = asyncio.Event()
        self.given_up: list[Outcall] = []
        self.texted: list[str] = []
        """What was answered in plain text: a real gateway would text it to somebody."""

    def put(self, *calls: Outcall) -> None:
        self._waiting.extend(calls)
        self._more.set()

    async def run(self) -> None:
        """Make them, until cancelled."""
        async with ClientSession(timeout=ClientTimeout(total=30)) as http:
            while True:
                self._more.clear()
                if not self._waiting:
                    await self._more.wait()
                call = self._waiting[0]
                if not await self._made(http, call):
                    self.given_up.append(call)
                self._waiting.popleft()

    async def _made(self, http: ClientSession, call: Outcall) -> bool:
        tries = 0
        while self._most is None or tries < self._most:
            tries += 1
            target = call.make()
            if target is not None and await self._answered(http, call.method, *target):
                return True
            await asyncio.sleep(_PAUSE)
        return False

    async def _answered(
        self, http: ClientSession, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> bool:
        with suppress(ClientError, OSError, TimeoutError):
            async with http.request(method, url, headers=headers, data=body or None) as response:
                text = await response.text()
                if 200 <= response.status < 300 and response.content_type == "text/plain" and text:
                    self.texted.append(text)
                return 200 <= response.status < 300
        return False
