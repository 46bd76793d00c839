"""A login whose connection the holder keeps: it goes on where the last process was killed."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bridgekit import (
    Absence,
    ChatID,
    Found,
    Host,
    Login,
    LoginError,
    MatrixEvent,
    Message,
    MessageID,
    Rejected,
    RetryLater,
    Sent,
    SupportsLookup,
)
from bridges.irc.beside import beside
from bridges.irc.client import IRCClient
from bridges.irc.config import IRCConfig
from bridges.irc.confirmations import PREFIX, Confirmations
from bridges.irc.connection import Address, DisconnectedError
from bridges.irc.handshake import Identity
from bridges.irc.holder.held import HeldConnection, held
from bridges.irc.holder.messages import Fate, Opened
from bridges.irc.network import Network
from bridges.irc.session import Session, last_of, resume, sign_in
from bridges.irc.split import frame
from bridges.irc.turns import Turns
from bridges.irc.wire import compose

_KEY = 20  # characters of a transaction that tell it from all others


@dataclass(frozen=True, slots=True)
class Place:
    """Where the holder is, and the slot of a login in it; `cursor` is the last line's."""

    holder: Path
    slot: str
    cursor: str | None

    @property
    def stored(self) -> str | None:
        """What names the last line to the holder."""
        return None if self.cursor is None else self.cursor.partition(" ")[0]

    def state(self, opened: Opened) -> str:
        """What an earlier process left: with the holder, unless the store has something newer."""
        stored, _, news = (self.cursor or "").partition(" ")
        instance, _, number = stored.partition(":")
        if not (opened.state and news and instance == opened.instance):
            return opened.state
        return news if int(number) > last_of(opened.state) else opened.state


@asynccontextmanager
async def held_session(
    config: IRCConfig,
    address: Address,
    at: Place,
    identity: Identity,
    nick_length: int | None,
    turns: Turns,
) -> AsyncIterator[tuple[Session, HeldConnection]]:
    """The session that is at a place, resumed where an earlier process signed in, else new.

    Raises as `signed_in`. Left, it stays.
    """
    where = (at.holder, at.slot, address, at.stored)
    async with AsyncExitStack() as stack:
        going = stack.enter_async_context
        connection = await going(held(*where, anew=False))
        if state := at.state(connection.opened):
            yield resume(state, connection), connection
            return
        async with turns.turn():
            connection = await going(held(*where))
            session = await _signed_in(config, connection, identity, nick_length)
        yield session, connection


async def _signed_in(
    config: IRCConfig, connection: HeldConnection, identity: Identity, nick_length: int | None
) -> Session:
    try:
        return await sign_in(config, connection, identity, nick_length)
    except BaseException:
        connection.end("QUIT")
        raise


class HeldIRCClient(IRCClient, SupportsLookup):
    """What was sent before a crash is looked for in the holder."""

    def __init__(
        self,
        login: Login,
        config: IRCConfig,
        session: Session,
        connection: HeldConnection,
        network: Network,
        host: Host,
    ) -> None:
        confirmations = Confirmations(
            session.capabilities,
            network.fold,
            prefix=f"{PREFIX}{secrets.token_hex(3)}.",  # else an earlier process' answers were ours
            answered=connection.answered,
            limit=session.features.line_length,
        )
        super().__init__(login, config, session, network, host, confirmations)
        self._connection = connection
        self._remembered: object = None
        connection.news = self._news
        self.resumes = session.resumed
        for name in session.channels:
            self.channels.entered(ChatID(network.fold(name)), name)

    async def run(self) -> None:
        async with beside(self._ask_again()):
            await super().run()

    async def _ask_again(self) -> None:
        """Who is in each channel and what it is about: that was known to the last process alone."""
        for chat in self.channels if self.resumes else ():
            name = self.channels.name(chat)
            if name is None or not self._inbound.tells(chat):
                continue
            flood = self._config.flood
            await self._host.pace(self.login_id, rate=flood.rate, burst=flood.burst)
            self.channels.follow(chat)
            self._connection.write(compose("NAMES", name), compose("TOPIC", name))

    def _stored(self, ahead: int) -> None:
        """All but so many lines is stored; the next process must know what we know now."""
        if news := self._news(self._connection.place(ahead)):
            self._connection.remember(news)
            self._remembered = self._known
        self._connection.stored(ahead)

    def _news(self, number: int) -> str:
        """What we know behind the line with a number; "": as the holder has it."""
        if self._known == self._remembered:  # writing it all down for each line would be too much
            return ""
        return self._session.dump(self.channels.names, number)

    @property
    def _known(self) -> object:
        session = self._session
        can = (session.capabilities, session.relay_marks, session.multiline)
        return session.nick, session.mask, len(session.features.tokens), self.channels.names, can

    def _key(self, event: MatrixEvent[Message]) -> str:
        return PREFIX + event.txn[:_KEY]

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        key, spoken = self._key(event), frame(event)
        answer = self._confirmations.await_answer(spoken.command, self._target(event), key)
        try:
            known = await self._connection.find(key)
            match known.fate:
                case Fate.NEVER if known.since <= since.timestamp():
                    return Absence.ABSENT
                case Fate.SETTLED:
                    return Found(tuple(map(MessageID, known.ids)))
                case Fate.WRITTEN:
                    return await self._answer(answer)
                case _:
                    return Absence.UNSURE
        except DisconnectedError:
            return Absence.UNSURE
        finally:
            self._confirmations.drop(key)

    async def _answer(self, answer: asyncio.Future[Sent]) -> Found | Absence:
        try:
            return Found((await self._confirmed((), answer)).ids)
        except (LoginError, Rejected, RetryLater):
            return Absence.ABSENT  # refused: if it is sent again, that is said again
