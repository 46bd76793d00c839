"""One signed-in connection: what the server calls us, and what it can do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridgekit import RetryLater, Scope
from bridges.irc.config import IRCConfig
from bridges.irc.connection import Connection, DisconnectedError, opened
from bridges.irc.features import Features
from bridges.irc.handshake import Handshake, Identity
from bridges.irc.wire import MalformedLineError, decode, parse


@dataclass(slots=True)
class Session:
    """`unread` is what the server sent behind the last line of the sign-in."""

    connection: Connection
    features: Features
    capabilities: frozenset[str]
    username: str
    nick: str
    mask: str
    unread: list[bytes]

    @property
    def source(self) -> str:
        """`nick!user@host` as the server relays it, or no shorter than that."""
        return f"{self.nick}!{self.mask or self.features.worst_mask(self.username)}"


@asynccontextmanager
async def signed_in(
    config: IRCConfig, identity: Identity, nick_length: int | None
) -> AsyncIterator[Session]:
    """Connects and signs in; raises `LoginError` or `RetryLater` where the server will not."""
    async with opened(config) as connection:
        try:
            async with asyncio.timeout(config.timeout):
                session = await _sign_in(connection, identity, nick_length)
        except TimeoutError:
            raise RetryLater(_silent(config), scope=Scope.LOGIN) from None
        except DisconnectedError as error:
            raise RetryLater(f"{error} during the sign-in.", scope=Scope.LOGIN) from error
        yield session


def _silent(config: IRCConfig) -> str:
    host, port = config.address
    advice = "" if config.tls else " If that port wants TLS, set tls: true."
    return f"{host}, port {port}, does not let us in: it stays silent.{advice}"


async def _sign_in(connection: Connection, identity: Identity, nick_length: int | None) -> Session:
    features = Features()
    handshake = Handshake(identity, nick_length, features)
    connection.write(*handshake.start())
    unread: list[bytes] = []
    while not handshake.done:
        unread += await connection.read()
        while unread and not handshake.done:
            raw = unread.pop(0)
            try:
                line = parse(decode(raw))
            except MalformedLineError:
                continue
            connection.write(*handshake.receive(line))
    return Session(
        connection=connection,
        features=features,
        capabilities=frozenset(handshake.capabilities),
        username=identity.username,
        nick=handshake.nick,
        mask=handshake.mask,
        unread=unread,
    )
