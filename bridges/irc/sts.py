"""Servers that want TLS: what they say in the clear is only where it is. IRCv3 `sts`.

The promise to come back with TLS outlives restarts, so that nobody in between can take it away.
"""

import time
from dataclasses import dataclass

from bridgekit import Host
from bridges.irc.config import IRCConfig

_KEY = "sts"
_TRIED = 60.0  # seconds in which other logins need not ask for what one was just told


class UpgradeError(Exception):
    """The server wants TLS, on `port`; nothing but capabilities was spoken of yet."""

    def __init__(self, port: int) -> None:
        super().__init__(f"The IRC server wants TLS on port {port}")
        self.port = port


def wanted_port(value: str) -> int | None:
    """Where TLS is, by the value of `sts` on a connection without it; None: it is no good."""
    port = _number(value, "port")
    return port if port is not None and 0 < port < 1 << 16 else None


def _number(value: str, key: str) -> int | None:
    named = dict(item.partition("=")[::2] for item in value.split(","))
    number = named.get(key, "")
    return int(number) if number.isascii() and number.isdigit() else None


@dataclass(slots=True)
class StrictTransport:
    """What one network has promised; `host` keeps it."""

    host: Host
    _port: int = 0
    _until: float = 0.0

    async def load(self) -> None:
        port, _, until = (await self.host.load(_KEY) or "").partition(" ")
        if until:
            self._port, self._until = int(port), float(until)

    def applied(self, config: IRCConfig) -> IRCConfig:
        """How to connect now."""
        if config.tls or time.time() >= self._until:
            return config
        return config.model_copy(update={"tls": True, "port": self._port})

    def upgrade(self, port: int) -> None:
        """For the connection that comes now; only what is said over TLS lasts."""
        self._port, self._until = port, max(self._until, time.time() + _TRIED)

    async def promised(self, value: str | None, port: int) -> None:
        """Over TLS, on `port`, the server has said this of `sts`; None: nothing."""
        duration = None if value is None else _number(value, "duration")
        if duration is None:
            return
        self._port, self._until = port, time.time() + duration
        await self.host.save(_KEY, f"{port} {self._until}" if duration else None)
