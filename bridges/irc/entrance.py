"""The way of one login into channels, and what the room hears where there is none."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from bridgekit import (
    Chat,
    ChatID,
    Host,
    Message,
    MessageKind,
    Rejected,
    RemoteEvent,
    RetryLater,
    Scope,
    Text,
)
from bridges.irc.config import IRCConfig
from bridges.irc.joins import Joins
from bridges.irc.network import Network, OwnLogin
from bridges.irc.session import Session

_SILENCE = 1.0  # seconds


@dataclass(slots=True)
class Entrance:
    """`tells` says whether it is this login that tells of a channel."""

    own: OwnLogin
    session: Session
    network: Network
    host: Host
    joins: Joins
    tells: Callable[[ChatID], bool]
    config: IRCConfig
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def check(self, chat: ChatID) -> None:
        """Raises `Rejected` where a person is in as many channels as they may be."""
        there, most = len(self.own.channels.names), self.config.people.channels
        if most is None or self.own.bot or chat in self.own.channels or there < most:
            return
        raise Rejected(
            f"You are in {there} channels of this network, and this bridge lets nobody be in more "
            f"than {most}: leave one of them first (`part #CHANNEL`)."
        )

    async def enter(self, chat: ChatID) -> None:
        """Wait until the login is in; raises `Rejected` or `RetryLater`."""
        await self.session.known()
        entered = self.joins.want(chat)
        await asyncio.sleep(0)  # whoever else wants in at this moment shares the line
        await self._ask(chat)
        try:
            async with asyncio.timeout(self.config.timeout):
                await asyncio.shield(entered)
            self.network.refused.pop(chat, None)
        except Rejected as refused:
            await self._explain(chat, str(refused))
            if self.own.bot:
                self.network.listening.bar(chat)
            raise
        except RetryLater as later:
            if later.scope is Scope.CHAT:  # else it is the connection that is gone
                await self._put_off(chat, str(later))
            raise
        except TimeoutError:
            self.joins.forget(chat)
            if chat not in self.own.channels:
                raise RetryLater(f"The IRC server has not let us into {chat} yet.") from None

    async def _ask(self, chat: ChatID) -> None:
        """Write the line that asks for it, behind those that have their turn before it."""
        silence = max(1 / self.config.flood.rate, _SILENCE)
        async with self._turn:
            while self.joins.unwritten(chat):
                await self.joins.turn(silence)
                self.session.connection.write(*islice(self.joins.lines(), 1))

    async def _put_off(self, chat: ChatID, why: str) -> None:
        """Once is a throttle, of which nobody need hear; what goes on is told, and once as well."""
        refused = self.network.refused
        if chat in refused and not refused[chat]:
            await self._explain(chat, why)
        elif self.tells(chat):
            refused.setdefault(chat, "")

    async def _explain(self, chat: ChatID, why: str) -> None:
        """Nothing is bridged while the listener is not in a channel: its room is told, once."""
        if self.tells(chat) and self.network.refused.get(chat) != why:
            self.network.refused[chat] = why
            word = Message((Text(why),), MessageKind.NOTICE)
            await self.host.receive(self.own.login_id, RemoteEvent(Chat(chat), None, word))
