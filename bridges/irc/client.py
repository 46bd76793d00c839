"""One login's connection to IRC: what the core asks of it, and the loop that reads it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from bridgekit import (
    ChatChange,
    ChatID,
    ChatInfo,
    Client,
    Content,
    Host,
    Login,
    MatrixEvent,
    Member,
    Membership,
    MemberState,
    Message,
    Rejected,
    RemoteEvent,
    RemoteUserID,
    RetryLater,
    Scope,
    Sent,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsMembers,
    SupportsMembership,
    SupportsPacing,
    SupportsSplit,
    UserInfo,
)
from bridges.irc.acts import Act, Whom, chat_acts, member_acts, part
from bridges.irc.answers import Answers
from bridges.irc.channels import Channels
from bridges.irc.codes import encode
from bridges.irc.config import IRCConfig
from bridges.irc.confirmations import Confirmations, give_up
from bridges.irc.connection import DisconnectedError
from bridges.irc.handshake import with_visible_host
from bridges.irc.inbound import Inbound
from bridges.irc.joins import Joins
from bridges.irc.layout import lines
from bridges.irc.network import Network
from bridges.irc.nicks import is_channel, is_nick
from bridges.irc.session import Session
from bridges.irc.split import Frame, budget, frame, parts
from bridges.irc.telling import Events
from bridges.irc.wire import Line, MalformedLineError, compose, decode, parse, printable

_AGAIN = 1.0  # seconds


class IRCClient(
    Client,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsMembers,
    SupportsMembership,
    SupportsPacing,
    SupportsSplit,
):
    """A signed-in connection, which resumes nothing. Its bases are its feature list."""

    def __init__(
        self, login: Login, config: IRCConfig, session: Session, network: Network, host: Host
    ) -> None:
        self.me = network.user(session.nick)
        self.login_id = login.id
        self.channels = Channels()
        self._config = config
        self._session = session
        self._network = network
        self._host = host
        self._confirmations = Confirmations(session.capabilities, network.fold)
        self._joins = Joins(network.fold, _keys(config, network))
        answers = Answers(asyncio.get_running_loop().time)
        self._inbound = Inbound(
            self, session, network, host, answers, read=login.person is not None
        )
        self._last_words = ""
        self._ended = False
        self._patience = config.ping.interval + config.ping.timeout  # for a confirmation
        self._deaf_until = 0.0  # the core takes nothing more, so nothing is read

    def renamed(self, nick: str) -> None:
        self._session.nick = nick
        self.me = self._network.user(nick)

    # Reading.

    async def run(self) -> None:
        unread, self._session.unread = self._session.unread, []
        try:
            await self._take(unread)
            with self._session.connection.watched(self._config.ping):
                while True:
                    await self._take(await self._session.connection.read())
        except DisconnectedError as error:
            raise DisconnectedError(f"{error}. {self._last_words}".strip()) from error
        finally:
            self._ended = True
            self._joins.lost(_offline())
            self._confirmations.lost(
                DisconnectedError("The connection to IRC was lost before the message was confirmed")
            )

    async def _take(self, received: Sequence[bytes]) -> None:
        """One commit for all that one read brought; IRC itself has no acknowledgement."""
        events: Events = []
        for raw in received:
            try:
                events += self._line(parse(decode(raw)))
            except MalformedLineError as error:
                await self._host.set_aside(self.login_id, raw, str(error))
            if self._network.renames:
                # What was said before the new nick must find the core knowing the old one.
                await self._store(events)
                events = []
                await self._tell_renames()
        await self._store(events)

    async def _store(self, events: Sequence[RemoteEvent[Content]]) -> None:
        """Until it is stored nothing more is read: IRC would not repeat what we dropped."""
        while events:
            try:
                await self._host.receive(self.login_id, *events)
            except RetryLater as error:
                pause = error.after or _AGAIN
                self._deaf_until = asyncio.get_running_loop().time() + pause
                await asyncio.sleep(pause)
            else:
                return

    async def _tell_renames(self) -> None:
        renames, self._network.renames = self._network.renames, []
        for login, me in renames:
            await self._host.identity_changed(login, me)

    def _line(self, line: Line) -> Events:
        own = bool(line.nick) and self._network.user(line.nick) == self.me
        if not self._joins.take(line):
            self._confirmations.take(line, own=own)
        match line.command:
            case "PING":
                self._session.connection.write(compose("PONG", *line.params[:1]))
            case "005":
                self._session.features.load(line)
            case "396":
                self._session.mask = with_visible_host(self._session.mask, line)
            case "ERROR":
                self._last_words = printable(line.param(0))
        return self._inbound.events(line)

    # Sending.

    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        return parts(event, self._session.source, self._network.spelling, self._config.max_lines)

    async def pace(self, event: MatrixEvent[Content]) -> None:  # noqa: ARG002 -- a connection has one pace for all
        flood = self._config.flood
        await self._host.pace(self.login_id, rate=flood.rate, burst=flood.burst)

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        self._require_connection()
        target = self._target(event)
        if is_channel(target):
            await self.enter(event.chat.id)  # a kick may have come since the core entered
            self._require_connection()  # it may be gone by now, and nothing was sent
        spoken = frame(event)
        text = spoken.around(self._text(event, spoken))
        written, outcome = self._confirmations.expect(spoken.command, target, text)
        return await self._confirmed(written, outcome)

    async def _confirmed(self, written: Sequence[str], outcome: asyncio.Future[Sent]) -> Sent:
        self._session.connection.write(*written)
        late = asyncio.get_running_loop().call_later(self._patience, self._late, outcome)
        try:
            return await outcome
        finally:
            late.cancel()

    def _late(self, outcome: asyncio.Future[Sent]) -> None:
        """Give up, but not where the confirmation may be there and was not read yet."""
        loop = asyncio.get_running_loop()
        again = self._deaf_until + self._patience
        if loop.time() < again:
            loop.call_at(again, self._late, outcome)
        else:
            give_up(outcome)

    def _target(self, event: MatrixEvent[Message]) -> str:
        chat = event.chat.id
        return chat if is_channel(chat) else self._nick(RemoteUserID(chat))

    def _nick(self, user: RemoteUserID) -> str:
        if not is_nick(user):
            raise Rejected(f"IRC has nobody called {printable(user)!r}.")
        return self._network.spelling(user) or user

    def _text(self, event: MatrixEvent[Message], spoken: Frame) -> str:
        text = lines(event.content.text, self._network.spelling)
        encoded = encode(text[0]) if len(text) == 1 else None
        available = budget(spoken, self._session.source, event.chat.id)
        if encoded is None or len(encoded.encode()) > available:
            raise Rejected("This does not fit into one line on IRC now; please send it again.")
        return encoded

    def _require_connection(self) -> None:
        if self._ended or not self._session.connection.alive:
            raise _offline()
        if asyncio.get_running_loop().time() < self._deaf_until:
            raise RetryLater("More is said on IRC than the bridge can take.", scope=Scope.LOGIN)

    # What people do to a channel, and to who is in it.

    async def set_member(self, event: MatrixEvent[Membership]) -> None:
        chat, change = event.chat.id, event.content
        if change.user == self.me and change.rank is None:
            await self._move(chat, change)
            return
        nick = self._nick(change.user)
        whom = Whom(nick, self._network.modes(chat, change.user))
        source, features = self._session.source, self._session.features
        await self._do(chat, member_acts(chat, change, whom, source, features))

    async def _move(self, chat: ChatID, change: Membership) -> None:
        """Our own coming and going."""
        if change.state is MemberState.JOIN:
            await self.enter(chat)
        elif chat in self.channels:
            await self._do(chat, [part(chat, change.reason, self._session.source)])

    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None:
        chat = event.chat.id
        if not is_channel(chat):
            raise Rejected("A private conversation on IRC has nothing that could be changed.")
        await self._do(chat, chat_acts(chat, event.content.info, self._session.features))

    async def _do(self, chat: ChatID, acts: Sequence[Act]) -> None:
        self._require_connection()
        await self.enter(chat)
        self._require_connection()
        for act in acts:
            await self._confirmed(*self._confirmations.expect_act(act))

    # Chats and people.

    async def enter(self, chat: ChatID) -> None:
        if not is_channel(chat) or (chat in self.channels and chat not in self._joins):
            return
        self._require_connection()
        entered = self._joins.want(chat)
        await asyncio.sleep(0)  # whoever else wants in at this moment shares the line
        self._session.connection.write(*self._joins.lines())
        try:
            async with asyncio.timeout(self._config.timeout):
                await asyncio.shield(entered)
        except TimeoutError:
            self._joins.forget(chat)
            if chat not in self.channels:
                raise RetryLater(f"The IRC server has not let us into {chat} yet.") from None

    async def leave(self, chat: ChatID) -> None:
        if chat in self.channels:
            self._session.connection.write(compose("PART", chat))

    async def chats(self) -> AsyncIterator[ChatInfo]:
        for chat in self.channels:
            yield await self.chat_info(chat)

    async def members(self, chat: ChatID) -> AsyncIterator[Member]:
        known = self._network.members(chat)
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
        return UserInfo(id=user, name=self._network.spelling(user) or user)


def _keys(config: IRCConfig, network: Network) -> dict[ChatID, str]:
    return {
        ChatID(network.fold(channel)): key.get_secret_value()
        for channel, key in config.keys.items()
    }


def _offline() -> RetryLater:
    return RetryLater("The connection to IRC is down.", scope=Scope.LOGIN)
