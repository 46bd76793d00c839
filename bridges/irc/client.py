"""One login's connection to IRC: what the core asks of it, and the loop that reads it."""

import asyncio
from collections import ChainMap
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Client,
    Content,
    Host,
    Limits,
    Login,
    MatrixEvent,
    Member,
    Membership,
    Message,
    Rejected,
    RemoteUserID,
    RetryLater,
    Scope,
    Sent,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsCommands,
    SupportsLimits,
    SupportsMembers,
    SupportsMembership,
    SupportsPacing,
    SupportsPlace,
    SupportsSplit,
    UserInfo,
)
from bridges.irc.acquaintance import Acquaintance
from bridges.irc.acts import Act
from bridges.irc.answers import Answers
from bridges.irc.channels import Channels
from bridges.irc.commands import COMMANDS
from bridges.irc.conduct import Conduct
from bridges.irc.config import IRCConfig
from bridges.irc.confirmations import Confirmations
from bridges.irc.connection import DisconnectedError
from bridges.irc.entrance import Entrance
from bridges.irc.identities import nick_in
from bridges.irc.inbound import Inbound
from bridges.irc.inquiries import Inquiries
from bridges.irc.joins import Joins, keys_of
from bridges.irc.masks import Source, taken_apart
from bridges.irc.network import Network
from bridges.irc.nicks import is_channel, is_nick
from bridges.irc.orders import Orders
from bridges.irc.patience import Patience
from bridges.irc.questions import Questions
from bridges.irc.reading import Reading
from bridges.irc.reclaim import Reclaim
from bridges.irc.renegotiating import Renegotiating
from bridges.irc.session import Session
from bridges.irc.speech import Speech
from bridges.irc.split import limits
from bridges.irc.splits import Splits
from bridges.irc.spoofing import Spoofing
from bridges.irc.tagged import REPLY
from bridges.irc.wire import compose, printable


class IRCClient(
    Client,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsCommands,
    SupportsLimits,
    SupportsMembers,
    SupportsMembership,
    SupportsPacing,
    SupportsPlace,
    SupportsSplit,
):
    """A signed-in connection. Its bases are its feature list."""

    commands = COMMANDS
    entry = True
    enters_at_once = 200  # two lines of short names: one is on its way while the other fills

    def __init__(
        self,
        login: Login,
        config: IRCConfig,
        session: Session,
        network: Network,
        host: Host,
        confirmations: Confirmations | None = None,
    ) -> None:
        self.me = network.user(session.nick)
        self.login_id = login.id
        self.bot = login.person is None
        self.place = session.features.network
        self.channels = Channels(config.ghost_name)
        self._config, self._session, self._network, self._host = config, session, network, host
        self._confirmations = confirmations or Confirmations(
            session.capabilities, network.fold, limit=session.features.line_length
        )
        keys = ChainMap(network.keys, keys_of(config, network.fold))
        self._joins = Joins(network.fold, keys, session.features.joins_at_once)
        self._inquiries = Inquiries(host, login.id, config.flood, session.connection)
        self._inbound = self._following(read=login.person is not None)
        place = (self, session, network, host, self._joins, self._inbound.tells)
        self._entrance = Entrance(*place, config)
        wanted = nick_in(login.credentials, config.puppet_nick)[: session.features.nick_length]
        having = (lambda: session.nick, network.fold, session.connection.write)
        self._reclaim = Reclaim(wanted, *having, watched=session.features.monitors)
        self._questions = Questions(session.connection.write, config.timeout)
        acquaintance = Acquaintance(network, self._questions)
        here = (self, session, network, acquaintance)
        self._conduct = Conduct(*here, self._nick, self.enter, self._act)
        asked = (self._questions, self._reclaim, acquaintance, self._act, self._entrance.check)
        self.orders = Orders(login, session, network, host, config.flood, self.channels, *asked)
        self._spoofing = Spoofing(session.relay_marks, session.features.nick_length)
        said = (network.spelling, self._confirmations, self._spoofing)
        self._speech = Speech(session, *said, config.max_lines, config.no_ping)
        self._patience = Patience(config.ping.interval + config.ping.timeout)
        self._reading = self._reader()
        self._ended = False

    def _following(self, *, read: bool) -> Inbound:
        splits = Splits(self._config.splits.moment, self._config.splits.patience)
        answers = Answers(asyncio.get_running_loop().time)
        place = (self, self._session, self._network, self._host)
        return Inbound(*place, answers, splits, self._inquiries.want, read=read)

    def _reader(self) -> Reading:
        capable = Renegotiating(self._session, self._renegotiated, self._network.upgrade)
        return Reading(
            *(self, self._session, self._network, self._host),
            *(self._joins, self._confirmations, self._inbound, self._patience),
            *(self._reclaim, self._questions, self._inquiries),
            *(capable, self.orders.own_nick.recognised, self._stored),
        )

    def _renegotiated(self) -> list[str]:
        """The server has other capabilities now; what to send for that."""
        session = self._session
        self._spoofing.allow(session.relay_marks)
        self.become(session.abilities)
        return self._confirmations.capable(session.capabilities)

    def become(self, abilities: Collection[str]) -> None:
        """Be able to do what these allow: `modern.py` knows what."""

    @property
    def source(self) -> Source:
        return taken_apart(self._session.source)

    def renamed(self, nick: str) -> None:
        self._session.nick = nick
        self.me = self._network.user(nick)

    def takes_over(self, chat: ChatID) -> None:
        self._inbound.overhearing.overtaken.put_nowait(chat)

    async def run(self) -> None:
        for chat in self.channels:  # where an earlier process had entered
            self._network.listening.came(self, chat, again=True)
        try:
            with self._session.connection.watched(self._config.ping):
                await self._reading.run()
        finally:
            self._ended = True
            self._joins.lost(_offline())
            self._inbound.pasts.lost()
            self._questions.lost()
            self._confirmations.lost(
                DisconnectedError("The connection to IRC was lost before the message was confirmed")
            )

    def _stored(self, ahead: int) -> None:
        """All that was read is stored, but so many lines."""
        self._session.connection.stored(ahead)

    def limits(self, chat: Chat) -> Limits:
        return limits(self._network.most_lines(chat.id), replies=REPLY in self._session.abilities)

    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        return self._speech.parts(event)

    async def pace(self, event: MatrixEvent[Content]) -> None:
        flood, cost = self._config.flood, self._speech.cost(event)
        await self._host.pace(self.login_id, rate=flood.rate, burst=flood.burst, cost=cost)

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        self._require_connection()
        target = self._target(event)
        if is_channel(target):
            await self.enter(event.chat.id)  # a kick may have come since the core entered
            self._require_connection()  # it may be gone by now, and nothing was sent
        key = self._key(event)
        if (spoofed := self._speech.spoofed(event, target, key)) is not None:
            with suppress(Rejected):
                return await self._confirmed(*spoofed, key)
            self._spoofing.refused(event.chat.id)
        return await self._confirmed(*self._speech.said(event, target, key), key)

    def _key(self, event: MatrixEvent[Message]) -> str:  # noqa: ARG002 (an override knows one)
        """Under what it may be asked for later; "": nobody could tell."""
        return ""

    async def _confirmed(
        self, written: Sequence[str], outcome: asyncio.Future[Sent], key: str = ""
    ) -> Sent:
        self._session.connection.write(*written, key=key)
        return await self._patience.answer(outcome)

    def _target(self, event: MatrixEvent[Message]) -> str:
        return self._where(event.chat.id)

    def _where(self, chat: ChatID) -> str:
        """Whom a line for a chat goes to."""
        return chat if is_channel(chat) else self._nick(RemoteUserID(chat))

    def _nick(self, user: RemoteUserID) -> str:
        if not is_nick(user):
            raise Rejected(f"IRC has nobody called {printable(user)!r}.")
        return self._network.spelling(user) or user

    def _require_connection(self) -> None:
        if self._ended or not self._session.connection.alive:
            raise _offline()
        if self._patience.deaf:
            raise RetryLater("More is said on IRC than the bridge can take.", scope=Scope.LOGIN)

    # What people do to a channel, and to who is in it.

    async def set_member(self, event: MatrixEvent[Membership]) -> None:
        self._require_connection()
        await self._conduct.set_member(event.chat.id, event.content)

    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None:
        self._require_connection()
        await self._conduct.change_chat(event.chat.id, event.content)

    async def _do(self, chat: ChatID, acts: Sequence[Act]) -> None:
        self._require_connection()
        await self._conduct.do(chat, acts)

    async def _act(self, act: Act) -> None:
        self._require_connection()
        await self._confirmed(*self._confirmations.expect_act(act))

    async def command(self, name: str, arguments: Sequence[str], chat: Chat | None) -> str:
        self._require_connection()
        return await self.orders.run(name, arguments, chat)

    # Chats and people.

    async def enter(self, chat: ChatID) -> None:
        if is_channel(chat) and (chat not in self.channels or chat in self._joins):
            self._require_connection()
            self._entrance.check(chat)
            await self._entrance.enter(chat)

    async def leave(self, chat: ChatID) -> None:
        if chat in self.channels:
            self._session.connection.write(compose("PART", chat))

    async def chats(self) -> AsyncIterator[ChatInfo]:
        for chat in self.channels:
            yield await self.chat_info(chat)

    async def members(self, chat: ChatID) -> AsyncIterator[Member]:
        if self.bot and not self._network.switches.of(chat).listed:
            raise Rejected(f"Who is in {chat} joins when they first say something.")
        known = self._network.members(chat)
        if known is None and not self._inbound.tells(chat):
            known = await self.orders.members(chat)  # nobody listens there yet
        if known is None:
            raise RetryLater(f"The IRC server has not listed yet who is in {chat}.")
        for member in known:
            yield member

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        if not is_channel(chat):
            return ChatInfo(id=chat, direct=True)
        name, topic = self.channels.name(chat) or chat, self.channels.topic(chat)
        return ChatInfo(id=chat, name=name, topic=topic, direct=False)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(id=user, name=self._network.name(user))


def _offline() -> RetryLater:
    return RetryLater("The connection to IRC is down.", scope=Scope.LOGIN)
