"""What one network's adapter is given: its `Host`. Everything it delivers is stored right here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, BinaryIO

import structlog

from bridgekit.adapter import Login, LoginState, Role
from bridgekit.clock import Clock
from bridgekit.errors import Rejected
from bridgekit.events import Content, Membership, Raw, RemoteEvent
from bridgekit.facts import Attachment, Chat, UserInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, RemoteUserID
from bridgekit.intake import GONE, Intake, Sorter, Us
from bridgekit.journey import millis
from bridgekit.logins import Logins
from bridgekit.members import Members
from bridgekit.models import Direction, SetAside
from bridgekit.names import Names
from bridgekit.pacing import Pacing
from bridgekit.portals import Portals
from bridgekit.queue import Queue
from bridgekit.reasons import Reason
from bridgekit.status import Status
from bridgekit.store.intake import Put
from bridgekit.store.people import People, save_credentials, save_identity, save_value
from bridgekit.store.writer import Writer
from bridgekit.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from aiohttp.web import AbstractRouteDef

log = structlog.get_logger()


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
    ) -> None:
        self.network = network
        self._portals, self._members, self._people = portals, members, people
        self._queue, self._writer, self._status, self._clock = queue, writer, status, clock
        self._names = names
        us = Us(self.role, owned, self._is_our_echo, self._lingering)
        self._sorter = Sorter(network, portals, people, clock, us)
        self._pacing = Pacing(clock)
        self._known_logins: Logins | None = None
        self._chats: tuple[Chat, ...] = ()

    def attach(self, logins: Logins) -> None:
        """The logins that this host serves; known only once the adapter is."""
        self._known_logins = logins

    async def refresh_chats(self) -> None:
        """Read again where the listener should be."""
        self._chats = tuple(await self._portals.to_enter(self.network))

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
        await uninterrupted(self._receive(login, events, cursor))

    async def _receive(
        self, login: LoginID, events: Sequence[RemoteEvent[Content] | Raw], cursor: str | None
    ) -> None:
        intake = Intake()
        for event in events:
            await self._sorter.take(login, event, intake)
            self._notice_if_put_out(event)
        self._logins.touch(login)
        await self._names.tell(self.network, intake.people)
        if intake or cursor is not None:
            await self._queue.put(
                Put(
                    intake.drafts,
                    at=millis(self._clock),
                    cursor=None if cursor is None else (login, cursor),
                    wants=intake.wants,
                    set_aside=intake.aside,
                )
            )
        # Only now: what could not be stored comes again, and is counted then.
        self._logins.identities.left(intake.left)
        for reason in intake.counts:
            self._status.count(self.network, Direction.TO_MATRIX, reason)
        for item in intake.aside:
            self._say_aside(item)
        for portal in {want.portal for want in intake.wants}:
            self._members.wake(portal)

    def _notice_if_put_out(self, event: RemoteEvent[Content] | Raw) -> None:
        """A login of ours was kicked, say: where it listens, it enters the chat again."""
        if isinstance(event, Raw) or not isinstance(event.content, Membership):
            return
        login = self._logins.identities.holder(event.content.user)
        if login is not None and event.content.state in GONE:
            self._logins.left(login, event.chat.id)

    async def user_changed(self, login: LoginID, info: UserInfo) -> None:
        """See `Host.user_changed`: the ghost is renamed when it is next seen."""
        del login
        await self._names.tell(self.network, (info,))

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        """See `Host.set_aside`."""
        item = self._sorter.aside(login, body, why)
        await self._writer.write(Put(at=item.at, set_aside=(item,)))
        self._say_aside(item)

    def _say_aside(self, item: SetAside) -> None:
        self._status.count(self.network, Direction.TO_MATRIX, Reason.BROKEN_RECORD)
        log.warning("set aside", network=self.network, origin=item.origin, why=item.why)

    # Looking up

    async def cursor(self, login: LoginID) -> str | None:
        return await self._people.cursor(login)

    def logins(self) -> Sequence[Login]:
        return self._logins.all()

    def role(self, login: LoginID, chat: ChatID) -> Role:
        """The network's own login listens; people's logins need not hand over what it sees."""
        del chat
        return Role.LISTEN if login == self._logins.listener() else Role.IGNORE

    def chats(self, login: LoginID) -> Sequence[Chat]:
        return self._chats if login == self._logins.listener() else ()

    async def identity_changed(self, login: LoginID, me: RemoteUserID) -> None:
        self._logins.renamed(login, me)
        await self._writer.write(save_identity(login, me))

    def state(self, login: LoginID, state: LoginState, why: str = "") -> None:
        if state is LoginState.REFUSED:
            self._logins.refuse(login, why)

    async def credentials_changed(self, login: LoginID, credentials: Mapping[str, str]) -> None:
        await self._writer.write(save_credentials(login, credentials))

    async def load(self, key: str) -> str | None:
        return await self._people.value(self.network, key)

    async def save(self, key: str, value: str | None) -> None:
        await self._writer.write(save_value(self.network, key, value))

    async def pace(self, *scope: str, rate: float, burst: float, cost: float = 1.0) -> None:
        await self._pacing.take(scope, rate=rate, burst=burst, cost=cost)

    # Files and webhooks

    def open(self, attachment: Attachment) -> AbstractAsyncContextManager[BinaryIO]:
        raise _no_files(attachment.name)

    def link(self, attachment: Attachment) -> str:
        raise _no_files(attachment.name)

    def fetch(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        del limit
        raise _no_files(url)

    def mount(self, routes: Iterable[AbstractRouteDef]) -> str:
        del routes
        raise Rejected("This release of bridgekit serves no webhooks")

    def _is_our_echo(self, user: RemoteUserID | None, left: AbstractSet[RemoteUserID]) -> bool:
        return self._logins.is_our_echo(user, left)

    def _lingering(self, chat: ChatID) -> AbstractSet[RemoteUserID]:
        return self._logins.identities.lingering(chat)

    @property
    def _logins(self) -> Logins:
        if self._known_logins is None:
            raise RuntimeError("an adapter must not call its host in its constructor")
        return self._known_logins


def _no_files(name: str) -> Rejected:
    return Rejected(f"This release of bridgekit carries no files ({name})")
