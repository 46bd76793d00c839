"""What one network's adapter is given: its `Host`. Everything it delivers is stored right here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, BinaryIO

import structlog

from bridgekit.adapter import Login, LoginState, Role
from bridgekit.clock import Clock
from bridgekit.ephemeral.noticed import Noticed
from bridgekit.events import (
    ChatChange,
    Content,
    Membership,
    Message,
    MessageKind,
    Raw,
    Receipt,
    RemoteEvent,
    Typing,
)
from bridgekit.facts import Attachment, Chat, UserInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, RemoteUserID
from bridgekit.incoming import nameless
from bridgekit.intake import Intake, Sorter, Us
from bridgekit.lanes.crowding import Crowding
from bridgekit.lanes.journey import millis
from bridgekit.lanes.queue import Queue
from bridgekit.login.logins import Logins
from bridgekit.media.side import MediaSide
from bridgekit.membership.members import Members
from bridgekit.membership.powers import Powers
from bridgekit.membership.wishes import GONE, InUse, Wished, Wishes
from bridgekit.models import Direction, Draft, Portal, SetAside
from bridgekit.moderation.moderation import Moderation
from bridgekit.pacing import Pacing
from bridgekit.person.names import Names
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.room.portals import Portals, counterpart
from bridgekit.status import Status
from bridgekit.store.intake import Put
from bridgekit.store.people import People, save_credentials, save_value
from bridgekit.store.writer import Writer
from bridgekit.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from aiohttp.web import AbstractRouteDef

log = structlog.get_logger()

Behind = Callable[[NetworkName, LoginID, Sequence[Draft]], Awaitable[None]]
"""Told before something new is stored: the past of its portal may be on its way."""

PASSING = (Membership, ChatChange, Receipt, Typing)  # what matters only while it is so


class NetworkHost:
    """Implements `hosting.Host`."""

    def __init__(
        self,
        network: NetworkName,
        portals: Portals,
        members: Members,
        people: People,
        queue: Queue,
        writer: Writer,
        status: Status,
        clock: Clock,
        owned: Callable[[LoginID], bool],
        names: Names,
        powers: Powers,
        up_front: int,
        *,
        in_use: InUse,
        crowding: Crowding,
        media: MediaSide,
        moderation: Moderation,
        noticed: Callable[[Noticed], None],
        behind: Behind,
        renew: Callable[[RemoteUserID], Awaitable[None]],
        seal: Callable[[LoginID, Mapping[str, str]], str],
        opens: Callable[[], bool],
        appears: Callable[[Portal, RemoteUserID], bool],
        listed: Callable[[LoginID], None],
        muted: Callable[..., None],
        duplicate: Callable[[], None],
    ) -> None:
        self.network, self._portals, self._members, self._people = network, portals, members, people
        self._queue, self._writer, self._status, self._clock = queue, writer, status, clock
        self._names, self._noticed, self._keep_places = names, noticed, behind
        us = Us(self.role, owned, lambda: self._logins, in_use, opens, self.refresh_chats)
        self._powers, self._media, self._crowding, self._seal = powers, media, crowding, seal
        self.wishes = Wishes(members.rows, powers, up_front, self._is_our_echo, in_use, appears)
        self._sorter = Sorter(network, portals, self.wishes, clock, us, moderation)
        self._pacing, self._renew, self.knows = Pacing(clock), renew, self._sorter.knows
        self.chats_changed, self.muted, self.duplicate = listed, muted, duplicate
        self._known_logins: Logins | None = None
        self._chats: tuple[ChatID, ...] = ()

    def attach(self, logins: Logins) -> None:
        """The logins that this host serves; known only once the adapter is."""
        self._known_logins = logins

    async def refresh_chats(self) -> None:
        """Read again where the listener should be."""
        self._chats = tuple(await self._portals.rows.to_enter(self.network))

    # Receiving

    async def receive(
        self,
        login: LoginID,
        *events: RemoteEvent[Content] | Raw,
        cursor: str | None = None,
    ) -> None:
        """See `Host.receive`: durable when this returns.

        A connection that is closed meanwhile must not take along what it brought: many a network
        does not repeat it.
        """
        self._crowding.admit()
        await uninterrupted(self._receive(login, events, cursor))

    async def receive_converted(self, login: LoginID, *events: RemoteEvent[Content]) -> None:
        """What a job became beside what it shows: its end makes room for that."""
        await self._receive(login, events, None)

    def past_must_wait(self) -> bool:
        """Whether too much waits already; what waits for the past itself does not count."""
        full = self._crowding.full  # nearly never; only then every lane is looked at
        return full() and full(apart_from=self._queue.aside.behind_gaps(self.network))

    async def receive_past(
        self, login: LoginID, events: Sequence[RemoteEvent[Content]], portal: PortalID
    ) -> None:
        """Store what happened before in a chat; what is new there keeps its place behind it.

        Events of the past bring nobody in and move nobody: what is so now, others tell.
        """
        intake = Intake(past=True)
        for event in events:
            if nameless(event):
                intake.counts.append(Reason.NAMELESS)
            elif not isinstance(event.content, PASSING):
                await self._sorter.take(login, event, intake)
        await self._names.tell(self.network, intake.people)
        put = Put(intake.drafts, at=millis(self._clock), set_aside=intake.aside, past_of=portal)
        await self._queue.put(put, self.network)
        self._tell(intake)

    async def receive_word(self, portal: Portal, text: str, key: str) -> None:
        """Show a word of the bridge's own behind a chat's past, once for each `key`."""
        chat = Chat(portal.key.chat, portal.private)
        word = Message(from_plain(text), MessageKind.NOTICE)
        event = RemoteEvent(chat, counterpart(portal), word, key=key)
        draft = self._sorter.draft(portal, event, Intake())
        put = Put([draft], at=millis(self._clock), past_of=portal.id)
        await self._queue.put(put, self.network)

    async def _receive(
        self, login: LoginID, events: Sequence[RemoteEvent[Content] | Raw], cursor: str | None
    ) -> None:
        intake = Intake()
        for event in events:
            await self._sorter.take(login, event, intake)
            self._notice_if_put_out(event)
        self._logins.touch(login)
        await self._names.tell(self.network, intake.people)
        await self._keep_places(self.network, login, intake.drafts)
        if intake or cursor is not None:
            put = Put(
                intake.drafts,
                at=millis(self._clock),
                cursor=None if cursor is None else (login, cursor),
                wants=intake.wished.wants,
                standings=intake.wished.standings,
                set_aside=intake.aside,
                receipts=intake.noticed.receipts,
            )
            numbers = await self._queue.put(put, self.network)
            intake.counts += [Reason.DUPLICATE for number in numbers if number is None]
        # Only now: what could not be stored comes again, and is counted then.
        self._logins.identities.left(intake.left)
        self._tell(intake)
        self._wake(intake.wished)
        self._noticed(intake.noticed)

    def _tell(self, intake: Intake) -> None:
        for reason in intake.counts:
            self._status.count(self.network, Direction.TO_MATRIX, reason)
        for item in intake.aside:
            self._say_aside(item)

    def _wake(self, wished: Wished) -> None:
        for portal in {want.portal for want in wished.wants}:
            self._members.wake(portal)
        for portal in {standing.portal for standing in wished.standings}:
            self._powers.wake(portal)

    async def listed(self, wished: Wished, people: Iterable[UserInfo]) -> None:
        """Store what a piece of a list of members says; durable on return."""
        await self._names.tell(self.network, people)
        if wished:
            now = millis(self._clock)
            await self._queue.put(Put(at=now, wants=wished.wants, standings=wished.standings))
            self._wake(wished)

    def _notice_if_put_out(self, event: RemoteEvent[Content] | Raw) -> None:
        """A login of ours was kicked, say: where it listens, it enters the chat again."""
        if isinstance(event, Raw) or not isinstance(event.content, Membership):
            return
        login = self._logins.identities.holder(event.content.user)
        if login is not None and event.content.state in GONE:
            self._logins.left(login, event.chat.id)

    async def user_changed(self, login: LoginID, info: UserInfo) -> None:
        """See `Host.user_changed`: the ghost follows now, or at the latest when it is next seen."""
        del login
        await self._names.tell(self.network, (info,))
        if info.id is not None:
            await self._renew(info.id)

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        """See `Host.set_aside`."""
        item = self._sorter.aside(login, body, why)
        await self._writer.write(Put(at=item.at, set_aside=(item,)))
        self._say_aside(item)

    def _say_aside(self, item: SetAside) -> None:
        self._status.count(self.network, Direction.TO_MATRIX, Reason.BROKEN_RECORD)
        log.warning("set aside", network=self.network, origin=item.origin, why=item.why)

    async def cursor(self, login: LoginID) -> str | None:
        return await self._people.cursor(login)

    def logins(self) -> Sequence[Login]:
        return self._logins.all()

    def role(self, login: LoginID, chat: ChatID) -> Role:
        """The network's own login listens; people's logins need not hand over what it sees."""
        return Role.LISTEN if login == self._logins.listeners.of(chat) else Role.IGNORE

    def chats(self, login: LoginID) -> Sequence[Chat]:
        return [Chat(chat) for chat in self.chat_ids(login)]

    def chat_ids(self, login: LoginID) -> Sequence[ChatID]:
        """The same, of as many as there are."""
        return self._logins.listeners.served(login, self._chats)

    async def identity_changed(self, login: LoginID, me: RemoteUserID) -> None:
        await self._logins.renamed(login, me)

    def state(self, login: LoginID, state: LoginState, why: str = "") -> None:
        if state in {LoginState.REFUSED, LoginState.OFFLINE}:
            self._logins.end(login, state, why)

    async def credentials_changed(self, login: LoginID, credentials: Mapping[str, str]) -> None:
        self._logins.renewed(login, credentials)
        await self._writer.write(save_credentials(login, self._seal(login, credentials)))

    async def load(self, key: str) -> str | None:
        return await self._people.value(self.network, key)

    async def save(self, key: str, value: str | None) -> None:
        await self._writer.write(save_value(self.network, key, value))

    async def pace(self, *scope: str, rate: float, burst: float, cost: float = 1.0) -> None:
        await self._pacing.take(scope, rate=rate, burst=burst, cost=cost)

    # Files and webhooks

    def open(self, attachment: Attachment) -> AbstractAsyncContextManager[BinaryIO]:
        return self._media.opened.open(attachment)

    async def link(self, attachment: Attachment, *, most: int | None = None) -> str:
        return await self._media.links.link(attachment, most=most)

    def fetch(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        return self._media.fetcher.fetch(url, limit=limit)

    def mount(self, routes: Iterable[AbstractRouteDef]) -> str:
        return self._media.webhooks.mount(self.network, routes, lambda: self._logins.entered)

    def _is_our_echo(self, user: RemoteUserID | None, left: AbstractSet[RemoteUserID]) -> bool:
        return self._logins.is_our_echo(user, left)

    @property
    def _logins(self) -> Logins:
        if self._known_logins is None:
            raise RuntimeError("an adapter must not call its host in its constructor")
        return self._known_logins
