"""How a person signs in to the loopback network: their telephone scans a code from a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bridgekit.adapter import Login
from bridgekit.adapter_supports import LoginFlow
from bridgekit.errors import LoginError


@dataclass(slots=True)
class Pairing:
    """The network's side. `sessions` are who is signed in, by the token that says so.

    `codes` are on a screen now; each becomes who scanned it, or None when it has expired.
    """

    sessions: dict[str, str] = field(default_factory=dict)
    codes: dict[str, asyncio.Future[str | None]] = field(default_factory=dict)
    _count: int = 0

    def scan(self, code: str, nick: str) -> None:
        """Somebody holds their telephone before a screen; KeyError if it shows no such code."""
        self.codes[code].set_result(nick)

    def expire(self, code: str) -> None:
        """Nobody has scanned it for so long that it is worth nothing any more."""
        self.codes[code].set_result(None)

    def sign_out(self, nick: str) -> None:
        """On the telephone, as people do with computers that they do not know."""
        self.sessions = {token: who for token, who in self.sessions.items() if who != nick}

    def check(self, login: Login) -> None:
        """Whether a login that was signed in with a code still is."""
        token = login.credentials.get("session")
        if token is not None and token not in self.sessions:
            raise LoginError("Loopback was signed out of on the telephone")

    def opened(self, nick: str) -> Mapping[str, str]:
        """What shows from here on that the bridge may speak as `nick`."""
        token = f"session-{self._next()}"
        self.sessions[token] = nick
        return {"nick": nick, "session": token}

    @contextmanager
    def offered(self) -> Iterator[str]:
        """A code for a screen; left, it is worth nothing."""
        code = f"loopback://pair/{self._next()}"
        self.codes[code] = asyncio.get_running_loop().create_future()
        try:
            yield code
        finally:
            del self.codes[code]

    def _next(self) -> int:
        self._count += 1
        return self._count


async def sign_in(pairing: Pairing, flow: LoginFlow) -> Mapping[str, str]:
    """The adapter's side: show codes, one after the other, until one is scanned."""
    while True:
        with pairing.offered() as code:
            await flow.show("Scan this with Loopback on your telephone.", qr=code)
            nick = await pairing.codes[code]
        if nick is not None:
            return pairing.opened(nick)
