"""Telegram as the one who calls: each update until it is answered 2xx, in order within a chat."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp

from bridges.telegram.fake.errors import bad_request
from bridges.telegram.fake.parameters import Parameters
from bridges.telegram.fake.queue import UpdateQueue

HEADER = "X-Telegram-Bot-Api-Secret-Token"
_OK = 200
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Webhook:
    """`called` are the statuses that were answered; None: nothing was."""

    queue: UpdateQueue
    url: str = ""
    secret: str | None = None
    connections: int = 40
    error: str = ""
    lost: int = 0
    """So many answers get lost on the way: what was taken is told once more."""

    def set(self, asked: Parameters) -> bool:
        url = asked.text("url") or ""
        if url and not url.startswith(("https://", "http://127.0.0.1:")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self.url, self.secret = url, asked.text("secret_token")
        self.connections = asked.number("max_connections") or 40
        self.error = ""
        self.queue.changed.set()
        return True

    def delete(self) -> bool:
        self.url, self.secret = "", None
        return True

    def info(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.queue.waiting),
            "max_connections": self.connections,
        }
        if self.queue.allowed is not None:
            found["allowed_updates"] = sorted(self.queue.allowed)
        if self.error:
            found |= {
                "last_error_date": int(self.queue.now().timestamp()),
                "last_error_message": self.error,
            }
        return found

    async def work(self) -> None:
        """Call for ever."""
        failures = 0
        async with aiohttp.ClientSession() as http:
            while True:
                waiting = self.queue.take(1) if self.url else ()
                if not waiting:
                    self.queue.changed.clear()
                    await self.queue.changed.wait()
                    continue
                status = await self._call(http, waiting[0])
                if status is not None and 200 <= status < 300:
                    failures = 0
                    self.queue.done(waiting[0])
                    continue
                self.error = f"Wrong response from the webhook: {status or 'no connection'}"
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    async def _call(self, http: aiohttp.ClientSession, update: dict[str, Any]) -> int | None:
        headers = {} if self.secret is None else {HEADER: self.secret}
        try:
            async with http.post(self.url, json=update, headers=headers) as response:
                if self.lost and response.status == _OK:
                    self.lost -= 1
                    return None
                return response.status
        except aiohttp.ClientError:
            return None
