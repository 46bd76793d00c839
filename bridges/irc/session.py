"""One signed-in connection: what the server calls us, and what it can do."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from bridgekit import RetryLater, Scope
from bridges.irc.config import IRCConfig
from bridges.irc.connection import Address, DisconnectedError, ServerConnection, opened
from bridges.irc.features import Features
from bridges.irc.handshake import Handshake, Identity
from bridges.irc.multiline import CAPABILITY as MULTILINE
from bridges.irc.multiline import Most, most
from bridges.irc.sasl import Account
from bridges.irc.spoofing import CAPABILITY as RELAYING
from bridges.irc.tagged import CAPABILITY as TAGS
from bridges.irc.tagged import REACT, REPLY, SENT, UNREACT
from bridges.irc.wire import Line, MalformedLineError, decode, parse

SERVICES = 5.0  # seconds for them to say whom they know: not all of them say so


@dataclass(slots=True)
class Session:
    """`unread` is what the server sent behind the last line of the sign-in.

    `resumed`: an earlier process signed in, and was in the `channels` (as the server writes them).
    `sts`: what the server said of TLS, on `port`, where this connection has it. `relay_marks`: see
    `Spoofing`; `multiline`: what a message of several lines may have. `secure`: it has TLS.
    `identity` is as whom it signed in; `recognised` is set once services know that, where they were
    told after the welcome (NickServ).
    """

    connection: ServerConnection
    features: Features
    capabilities: frozenset[str]
    username: str
    nick: str
    mask: str
    unread: list[bytes] = field(default_factory=list)
    resumed: bool = False
    channels: Sequence[str] = ()
    sts: str | None = None
    port: int = 0
    relay_marks: str = ""
    multiline: str = ""
    secure: bool = True
    identity: Identity | None = None
    recognised: asyncio.Event | None = None

    async def known(self) -> None:
        """Wait until services know who it is, or have had time: before, some channels are closed.

        Somebody has to read meanwhile.
        """
        if self.recognised is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(SERVICES):
                    await self.recognised.wait()
            self.recognised = None

    def heard(self, line: Line) -> None:
        """Look whether services say that they know who it is: RPL_LOGGEDIN (900), or `+r`."""
        marked = line.command == "MODE" and line.param(0).lower() == self.nick.lower()
        registered = marked and "r" in line.param(1).partition("-")[0]
        if self.recognised is not None and (registered or line.command == "900"):
            self.recognised.set()

    @property
    def account(self) -> Account | None:
        """The account that it signs in to by SASL."""
        identity = self.identity
        return identity.account if identity is not None and identity.by_sasl else None

    @property
    def source(self) -> str:
        """`nick!user@host` as the server relays it, or no shorter than that."""
        return f"{self.nick}!{self.mask or self.features.worst_mask(self.username)}"

    def dump(self, channels: Sequence[str], number: int) -> str:
        """For the next process, which `resume`s it behind the line with this number."""
        known = (self.features.tokens, sorted(self.capabilities), self.username)
        marks = (self.relay_marks, self.multiline, number)
        return json.dumps([*known, self.nick, self.mask, channels, *marks])

    @property
    def abilities(self) -> frozenset[str]:
        """The capabilities, and those tags of clients that the server hands on."""
        if TAGS not in self.capabilities:
            return self.capabilities
        tags = {tag for tag in SENT if not self.features.denies(tag)}
        if not tags >= {REACT, UNREACT, REPLY}:  # a reaction says what it is to, and may be undone
            tags.discard(REACT)
        return self.capabilities | tags

    @property
    def most(self) -> Most | None:
        """What one message of several lines may have; None: there are none."""
        granted = dict.fromkeys(self.capabilities, "")
        return most({**granted, MULTILINE: self.multiline} if self.multiline else granted)


def resume(state: str, connection: ServerConnection) -> Session:
    """The session that an earlier process has dumped."""
    tokens, capabilities, username, nick, mask, channels, *more = json.loads(state)
    marks, multiline = [*more, "", ""][:2]
    features = Features()
    features.take(tokens)
    can = frozenset(capabilities)
    return Session(
        *(connection, features, can, username, nick, mask),
        resumed=True,
        channels=channels,
        relay_marks=marks,
        multiline=multiline,
    )


def last_of(state: str) -> int:
    """The number of the line behind which this was so."""
    last = json.loads(state)[-1]
    return last if isinstance(last, int) else 0


@asynccontextmanager
async def signed_in(
    config: IRCConfig, address: Address, identity: Identity, nick_length: int | None
) -> AsyncIterator[Session]:
    """Connects and signs in.

    Raises `LoginError` or `RetryLater` where the server will not, `UpgradeError` if it wants TLS.
    """
    async with opened(address) as connection:
        yield await sign_in(config, connection, identity, nick_length)


async def sign_in(
    config: IRCConfig,
    connection: ServerConnection,
    identity: Identity,
    nick_length: int | None,
) -> Session:
    """Raises as `signed_in`."""
    try:
        async with asyncio.timeout(config.timeout):
            session = await _sign_in(connection, identity, nick_length, secure=config.tls)
    except TimeoutError:
        raise RetryLater(_silent(config), scope=Scope.LOGIN) from None
    except DisconnectedError as error:
        raise RetryLater(f"{error} during the sign-in.", scope=Scope.LOGIN) from error
    session.port = config.address[1]
    return session


def _silent(config: IRCConfig) -> str:
    host, port = config.address
    advice = "" if config.tls else " If that port wants TLS, set tls: true."
    return f"{host}, port {port}, does not let us in: it stays silent.{advice}"


async def _sign_in(
    connection: ServerConnection, identity: Identity, nick_length: int | None, *, secure: bool
) -> Session:
    features = Features()
    handshake = Handshake(identity, nick_length, features, secure=secure)
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
    told_later = identity.account is not None and not identity.by_sasl
    return Session(
        connection=connection,
        features=features,
        capabilities=frozenset(handshake.capabilities),
        username=identity.username,
        nick=handshake.nick,
        mask=handshake.mask,
        unread=unread,
        relay_marks=handshake.offered[RELAYING] if RELAYING in handshake.capabilities else "",
        multiline=handshake.offered[MULTILINE] if MULTILINE in handshake.capabilities else "",
        sts=handshake.offered.get("sts") if secure else None,
        recognised=asyncio.Event() if told_later and not handshake.recognised else None,
    )
