"""What a server says to one login, line by line: stored by the core before more is read."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bridgekit import ChatID, Content, Host, RemoteEvent, RetryLater
from bridges.irc.beside import beside
from bridges.irc.confirmations import Confirmations
from bridges.irc.connection import DisconnectedError
from bridges.irc.handshake import with_visible_host
from bridges.irc.inbound import Inbound
from bridges.irc.inquiries import Inquiries
from bridges.irc.joins import Joins
from bridges.irc.network import Network, OwnLogin
from bridges.irc.passing import passes
from bridges.irc.patience import Patience
from bridges.irc.questions import Questions
from bridges.irc.reclaim import Reclaim
from bridges.irc.renegotiating import Renegotiating
from bridges.irc.session import Session
from bridges.irc.telling import Events
from bridges.irc.unbroken import Unbroken
from bridges.irc.wire import Line, MalformedLineError, compose, decode, parse, printable

_AGAIN = 1.0  # seconds


@dataclass(slots=True)
class Reading:
    """Of one connection. `stored` is told whenever all that was read is, but so many lines;
    `recognised` when services say that they know who it is.
    """

    own: OwnLogin
    session: Session
    network: Network
    host: Host
    joins: Joins
    confirmations: Confirmations
    inbound: Inbound
    patience: Patience
    reclaim: Reclaim
    questions: Questions
    inquiries: Inquiries
    renegotiating: Renegotiating
    recognised: Callable[[], Awaitable[None]]
    stored: Callable[[int], None]
    _last_words: str = ""
    _unbroken: Unbroken = field(default_factory=Unbroken)
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What is told at all, is told in the order in which it was heard."""

    async def run(self) -> None:
        """Until the connection is gone, which raises `DisconnectedError`."""
        telling = (self._tell_who_left(), self._take_over())
        async with beside(*telling, self.reclaim.run(), self.inquiries.run()):
            try:
                await self._read()
            except DisconnectedError as error:
                await self._take(self._unbroken.rest(), last=True)
                raise DisconnectedError(f"{error}. {self._last_words}".strip()) from error

    async def _read(self) -> None:
        received, self.session.unread = self.session.unread, []
        while True:
            await self._take(self._unbroken.take(received))
            received = await self._more()

    async def _more(self) -> list[bytes]:
        connection, until = self.session.connection, self._unbroken.until
        if until is None:
            return await connection.read(None if self.own.bot else self._passes)
        try:
            async with asyncio.timeout_at(until):
                return await connection.read()
        except TimeoutError:
            await self._take(self._unbroken.rest())
            return []

    async def _tell_who_left(self) -> None:
        while True:
            await self.inbound.splits.over()
            async with self._telling:  # only then: whoever is back by now has not left
                await self._store(self.inbound.splits.left())

    async def _take_over(self) -> None:
        """What was heard in a channel before this connection was the one to tell it."""
        while True:
            chat = await self.inbound.overhearing.overtaken.get()
            standing_in = json.dumps(dict(self.network.listening.standing_in))
            await self.host.save("listeners", standing_in)
            async with self._telling:
                await self._store(self.inbound.taken_over(chat))

    async def _take(self, received: Sequence[bytes], *, last: bool = False) -> None:
        """`last`: nothing will be read any more."""
        async with self._telling:
            await self._take_each(received, last=last)
        self.stored(len(self._unbroken))

    async def _take_each(self, received: Sequence[bytes], *, last: bool) -> None:
        """One commit for all that one read brought; IRC itself has no acknowledgement."""
        connection, events = self.session.connection, Events()
        waiting = len(self._unbroken)
        ahead = len(received) + waiting
        for raw in received:
            if not self.own.bot and self._passes(raw):
                ahead -= 1
                continue
            try:
                line = parse(decode(raw, utf8=self.session.features.utf8_only))
                if events and self._moves_us(line):
                    # With its cursor and before anything else: if we are killed, the rest follows.
                    await self._store(events, connection.cursor(ahead))
                    self.stored(ahead)
                    events = []
                events += self._line(line)
                if line.command == "900":
                    await self.recognised()
            except MalformedLineError as error:
                await self.host.set_aside(self.own.login_id, raw, str(error))
            ahead -= 1
            if self.network.renames:
                # What was said before the new nick must find the core knowing the old one.
                await self._store(events)
                events = []
                await self._tell_renames()
            if self.inbound.overhearing.turning:
                await self._store(events)
                events = []
                self.inbound.overhearing.turn()
        events += self.inbound.broken_off() if last else []
        await self._store(events, connection.cursor(waiting))
        await self._tell_who()
        await self._keep_promise()

    def _passes(self, raw: bytes) -> bool:
        return passes(raw, self.own, self.network, self.inbound.tells)

    async def _store(
        self, events: Sequence[RemoteEvent[Content]], cursor: str | None = None
    ) -> None:
        """Until it is stored nothing more is read: IRC would not repeat what we dropped."""
        told = map(self.network.switches.told, events)
        events = [event for event in told if event is not None]
        while events:
            storing = self.host.receive(self.own.login_id, *events, cursor=cursor)
            try:
                await (storing if self.own.bot else self._to_its_end(storing))
            except RetryLater as error:
                pause = error.after or _AGAIN
                self.patience.deaf_for(pause)
                await asyncio.sleep(pause)
            else:
                break
        self.network.listening.stored(self.own)

    async def _tell_who(self) -> None:
        """What was learnt of people beside what happened."""
        shown, self.network.shown = self.network.shown, []
        for info in shown:
            await self.host.user_changed(self.own.login_id, info)
        await self.network.save(self.host)

    async def _keep_promise(self) -> None:
        """What the server said of TLS meanwhile."""
        promised, self.session.sts = self.session.sts, None
        if self.network.transport is not None:
            await self.network.transport.promised(promised, self.session.port)

    async def _to_its_end(self, storing: Awaitable[None]) -> None:
        """Also if the connection is closed meanwhile: else whoever listens next tells it again."""
        task = asyncio.ensure_future(storing)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            if task.exception() is None:
                self.network.listening.stored(self.own)
            raise

    async def _tell_renames(self) -> None:
        renames, self.network.renames = self.network.renames, []
        for login, me in renames:
            await self.host.identity_changed(login, me)

    def _moves_us(self, line: Line) -> bool:
        """Whether what was said before it must be stored first, of those who tell of it."""
        user = self.network.user
        match line.command:
            case "NICK":
                ours = self.network.own(user(line.nick)) is not None
                return ours or line.nick == line.param(0)
            case "PART":
                return user(line.nick) == self.own.me
            case "KICK":
                return user(line.param(1)) == self.own.me
            case "JOIN":
                other = self.network.own(user(line.nick))
                return other is not None and other.bot and not self.own.bot
            case "366":
                return not self.own.bot
        return False

    def _line(self, line: Line) -> Events:
        if line.command == "NICK" and line.nick == line.param(0):
            # InspIRCd 3 answers a label so: the new nick stands where our old one belongs.
            line = replace(line, source=f"{self.session.nick}!{line.mask}")
        own = bool(line.nick) and self.network.user(line.nick) == self.own.me
        asked = self.questions.take(line)
        if not self.reclaim.take(line) and not self.joins.take(line):
            self.confirmations.take(line, own=own)
        self.session.heard(line)
        self.session.connection.write(*self.renegotiating.take(line))
        match line.command:
            case "JOIN" if own:
                self._leave_unwanted(ChatID(self.network.fold(line.param(0))))
            case "PING":
                self.session.connection.write(compose("PONG", *line.params[:1]))
            case "005":
                self.session.features.load(line)
            case "396":
                self.session.mask = with_visible_host(self.session.mask, line)
            case "CHGHOST" if own:
                self.session.mask = f"{line.param(0)}@{line.param(1)}"
            case "ERROR":
                self._last_words = printable(line.param(0))
        if asked and line.command == "301":
            return []  # it belongs to a WHOIS
        events = self.inbound.events(line)
        self.inbound.who.seen(line)
        return events

    def _leave_unwanted(self, chat: ChatID) -> None:
        """A forward has brought us here, where we have no room, unless somebody wants in."""
        if chat in self.joins.unwanted:
            self.joins.unwanted.discard(chat)
            if chat not in self.joins:
                self.session.connection.write(compose("PART", chat))
