"""Events on their way to the app: signed calls or envelopes on a socket, repeated until answered.

https://docs.slack.dev/apis/events-api: again "nearly immediately", after a minute, after five;
then it is lost.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from aiohttp.web import WebSocketResponse

from bridges.slack.fake.state import APP, JSON, Channel, State, Token

_AGAIN = (1.0, 60.0, 300.0)  # seconds before each repetition
_PATIENCE = 3.0  # seconds for an answer
_OK = 200


@dataclass(slots=True)
class Troubles:
    """What goes wrong with events. `missing`: nobody is told. Shares are of all events."""

    missing: bool = False
    swap: bool = False
    double: float = 0.0
    early: float = 0.0
    rng: random.Random = field(default_factory=lambda: random.Random(2))  # noqa: S311 (no secret)


class Delivery:
    """To one app, at `url` if it has one, else on its sockets."""

    def __init__(self, state: State, secret: str) -> None:
        self._state, self._secret = state, secret
        self._running: set[asyncio.Task[None]] = set()
        self.url = ""
        self.again = _AGAIN
        self.sockets: list[WebSocketResponse] = []
        self.troubles = Troubles()
        self.last: JSON = {}
        self.lost: list[JSON] = []
        self._answers: dict[str, asyncio.Event] = {}
        self._kept: JSON | None = None
        self._turn = asyncio.Lock()
        self._http: ClientSession | None = None
        self._count = 0

    def tell(self, team: str, event: JSON, channel: Channel | None = None) -> None:
        """Somebody did this; the app hears of it where it, or one of its people, is."""
        seen_by = self._who_sees(team, channel)
        if seen_by is None or self.troubles.missing:
            return
        self._count += 1
        payload = {
            "token": "deprecated",
            "team_id": team,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0{self._count:08d}",
            "event_time": int(self._state.clock()),
            "authorizations": [
                {"team_id": team, "user_id": seen_by.user, "is_bot": seen_by.kind == "bot"}
            ],
        }
        self._in_some_order(payload)

    def _who_sees(self, team: str, channel: Channel | None) -> Token | None:
        bot = self._state.bot_of(team)
        if channel is None or (bot is not None and bot.user in channel.members):
            return bot
        return next(
            (one for one in self._state.users_of(team) if one.user in channel.members), None
        )

    def _in_some_order(self, payload: JSON) -> None:
        troubles = self.troubles
        if troubles.swap or (troubles.early and troubles.rng.random() < troubles.early):
            troubles.swap = False
            if self._kept is None:
                self._kept = payload
                # Not for ever: where nothing follows, it comes late.
                self._begin(self._release(payload))
                return
        kept, self._kept = self._kept, None
        self.send(payload)
        if kept is not None:
            self.send(kept)
        if troubles.double and troubles.rng.random() < troubles.double:
            self.send(payload)

    async def _release(self, payload: JSON) -> None:
        await asyncio.sleep(_PATIENCE)
        if self._kept is payload:
            self._kept = None
            self.send(payload)

    def limited(self, team: str) -> None:
        """See <https://docs.slack.dev/reference/events/app_rate_limited>."""
        minute = int(self._state.clock()) // 60
        told = {"type": "app_rate_limited", "team_id": team, "minute_rate_limited": minute}
        self.send({"token": "deprecated", "api_app_id": APP, **told})

    def send(self, payload: JSON) -> None:
        """Tell it, as it is."""
        self.last = payload
        self._begin(self._until_answered(payload))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        # In no task group: what fails in the block that this is for should leave it as it is.
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _until_answered(self, payload: JSON) -> None:
        for number, pause in enumerate((None, *self.again)):
            if pause is not None:
                await asyncio.sleep(pause)
            try:
                if await (self._call if self.url else self._envelope)(payload, number):
                    return
            except (ClientError, ConnectionError, TimeoutError):
                continue
        self.lost.append(payload)

    # Over HTTP.

    async def _call(self, payload: JSON, number: int) -> bool:
        body = json.dumps(payload).encode()
        again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"}
        headers = self.signed(body) | (again if number else {})
        async with self._turn:  # what was said first is called first
            if self._http is None:
                self._http = ClientSession(timeout=ClientTimeout(total=_PATIENCE))
            async with self._http.post(self.url, data=body, headers=headers) as response:
                return response.status == _OK

    def signed(self, body: bytes) -> dict[str, str]:
        """See <https://docs.slack.dev/authentication/verifying-requests-from-slack>."""
        stamp = str(int(time.time()))  # signatures are about real time
        text = f"v0:{stamp}:".encode() + body
        digest = hmac.new(self._secret.encode(), text, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
        }

    # Over a socket.

    async def _envelope(self, payload: JSON, number: int) -> bool:
        if not self.sockets:
            return False
        self._count += 1
        name = f"{self._count:08x}-0000-4000-8000-000000000000"
        envelope = {
            "envelope_id": name,
            "type": "events_api",
            "payload": payload,
            "accepts_response_payload": False,
            "retry_attempt": number,
            "retry_reason": "timeout" if number else "",
        }
        answered = self._answers[name] = asyncio.Event()
        try:
            await self.sockets[self._count % len(self.sockets)].send_json(envelope)
            async with asyncio.timeout(_PATIENCE):
                await answered.wait()
        except TimeoutError:
            return False
        finally:
            del self._answers[name]
        return True

    @property
    def unanswered(self) -> int:
        """How many events the app has been told, and has not acknowledged."""
        return len(self._answers)

    def answered(self, envelope: str) -> None:
        """The app has it."""
        if envelope in self._answers:
            self._answers[envelope].set()

    async def close(self) -> None:
        """Tell nobody anything any more."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
