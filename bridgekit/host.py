"""What one network's adapter is given: its `Host`. Everything it delivers is stored right here."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from bridgekit.adapter import Login, LoginState, Role
from bridgekit.clock import Clock
from bridgekit.codec import dump
from bridgekit.errors import Rejected
from bridgekit.events import (
    ChatChange,
    Content,
    Edit,
    Membership,
    MemberState,
    Message,
    Raw,
    RemoteEvent,
    Unsupported,
)
from bridgekit.facts import Attachment, Chat, ChatInfo, UserInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, RemoteUserID
from bridgekit.journey import millis
from bridgekit.logins import Logins
from bridgekit.members import Members
from bridgekit.models import (
    Direction,
    Draft,
    Flow,
    Portal,
    PortalState,
    SetAside,
    Want,
    lane_to_matrix,
)
from bridgekit.pacing import Pacing
from bridgekit.portals import Portals, key_of
from bridgekit.queue import Queue
from bridgekit.reasons import Reason
from bridgekit.status import Status
from bridgekit.store.intake import Put
from bridgekit.store.people import People, save_credentials, save_identity, save_value
from bridgekit.store.writer import Writer

if TYPE_CHECKING:
    from aiohttp.web import AbstractRouteDef

UP_FRONT = 200  # of a larger chat, ghosts join when they first speak
TOO_OLD = timedelta(days=90)  # `seen` keys live as long: older, nobody knows whether it was bridged


@dataclass(slots=True)
class Intake:
    """What one `receive` call stores in one commit."""

    drafts: list[Draft]
    wants: list[Want]
    aside: list[SetAside]


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
        owner: Callable[[LoginID], bool],
    ) -> None:
        self.network = network
        self._portals, self._members, self._people = portals, members, people
        self._queue, self._writer, self._status, self._clock = queue, writer, status, clock
        self._owned = owner
        self._pacing = Pacing(clock)
        self._known_logins: Logins | None = None
        self._chats: tuple[Chat, ...] = ()
        self._people_seen: dict[RemoteUserID, UserInfo] = {}

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
        """See `Host.receive`: durable when this returns."""
        intake = Intake([], [], [])
        for event in events:
            await self._take(login, event, intake)
        if not (intake.drafts or intake.wants or intake.aside or cursor is not None):
            return
        await self._queue.put(
            Put(
                intake.drafts,
                at=millis(self._clock),
                cursor=None if cursor is None else (login, cursor),
                wants=intake.wants,
                set_aside=intake.aside,
            )
        )
        for portal in {want.portal for want in intake.wants}:
            self._members.wake(portal)

    async def _take(
        self, login: LoginID, event: RemoteEvent[Content] | Raw, intake: Intake
    ) -> None:
        if not _storable(event):
            why = "one of its identifiers is not valid Unicode text"
            intake.aside.append(self._aside(login, repr(event).encode("ascii", "replace"), why))
            return
        logins = self._logins
        logins.touch(login)
        portal = await self._portal(login, event.chat)
        if portal is None:
            return
        if isinstance(event, Raw):
            intake.drafts.append(self._raw_draft(portal, event))
            return
        for info in event.people:
            await self.user_changed(login, info)
        match event.content:
            case Membership() as change:
                intake.wants.extend(self._wants(portal, change))
            case ChatChange(info=ChatInfo(members=members)) if members is not None:
                everybody = [member.user for member in members]
                intake.wants.extend(await self._all_members(portal, everybody))
            case Message() | Unsupported():
                if logins.is_our_echo(event.sender) and event.txn is None:
                    self._count(Reason.OWN_ECHO)
                elif event.at is not None and self._clock.now() - event.at > TOO_OLD:
                    why = "it is older than what the bridge remembers, so it may be a repetition"
                    intake.aside.append(self._aside(login, dump(event).encode(), why))
                else:
                    intake.drafts.append(self._draft(portal, event))
            case _:
                self._count(Reason.NOT_BRIDGED_KIND)

    async def _portal(self, login: LoginID, chat: Chat) -> Portal | None:
        """The portal that an event goes to; None where a rule drops it, counted."""
        if not chat.private and self.role(login, chat.id) is not Role.LISTEN:
            self._count(Reason.DUPLICATE)
            return None
        if chat.private and not self._owned(login):
            self._count(Reason.NOT_LINKED)  # a private chat with the bridge itself: nobody reads it
            return None
        portal = await self._portals.ensure(key_of(self.network, chat, login))
        if portal.state is PortalState.NEW and not chat.private:
            self._count(Reason.NOT_LINKED)
            return None
        if portal.flow is Flow.TO_NETWORK:
            self._count(Reason.ONE_WAY)
            return None
        return portal

    def _draft(self, portal: Portal, event: RemoteEvent[Content]) -> Draft:
        if event.at is None:
            event = replace(event, at=self._clock.now())
        seen = []
        if event.id is not None:
            stamp = event.content.stamp if isinstance(event.content, Edit) else ""
            seen.append(f"r:{portal.id}:{event.id}:{stamp}")
        if event.key is not None:
            seen.append(f"k:{self.network}:{event.key}")
        unique = (
            f"r:{portal.id}:{event.id}" if event.id else f"r:{portal.id}:{secrets.token_hex(12)}"
        )
        return Draft(
            lane=lane_to_matrix(portal.id),
            key=unique,
            kind=type(event.content).__name__,
            body=dump(event),
            source=event.id or "",
            received_at=millis(self._clock),
            seen=tuple(seen),
        )

    def _raw_draft(self, portal: Portal, raw: Raw) -> Draft:
        key = f"k:{self.network}:{raw.key}"
        now = millis(self._clock)
        return Draft(lane_to_matrix(portal.id), key, "Raw", dump(raw), raw.key, now, (key,))

    def _wants(self, portal: Portal, change: Membership) -> Iterable[Want]:
        if self._logins.is_our_echo(change.user):
            return ()
        state = MemberState.JOIN if change.state is MemberState.JOIN else MemberState.LEAVE
        return (Want(portal.id, change.user, state, change.reason),)

    async def _all_members(
        self, portal: Portal, everybody: Sequence[RemoteUserID]
    ) -> Sequence[Want]:
        present = {user for user in everybody if not self._logins.is_our_echo(user)}
        known = await self._people.wanted_in(portal.id)
        gone = [Want(portal.id, user, MemberState.LEAVE) for user in sorted(known - present)]
        if len(present) > UP_FRONT:
            return gone
        return gone + [Want(portal.id, user, MemberState.JOIN) for user in sorted(present - known)]

    async def user_changed(self, login: LoginID, info: UserInfo) -> None:
        """See `Host.user_changed`: the ghost is renamed when it next speaks."""
        del login
        if info.id is not None and info.name:
            self._people_seen[info.id] = info

    def name_of(self, user: RemoteUserID) -> str | None:
        """The name that the network last told; None if it told none."""
        info = self._people_seen.get(user)
        return None if info is None else info.name

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        """See `Host.set_aside`."""
        item = self._aside(login, body, why)
        await self._writer.write(Put(at=item.at, set_aside=(item,)))

    def _aside(self, login: LoginID, body: bytes, why: str) -> SetAside:
        text = body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        return SetAside(f"{self.network} login {login}", text, why, millis(self._clock))

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

    @property
    def _logins(self) -> Logins:
        if self._known_logins is None:
            raise RuntimeError("an adapter must not call its host in its constructor")
        return self._known_logins

    def _count(self, reason: Reason) -> None:
        self._status.count(self.network, Direction.TO_MATRIX, reason)


def _no_files(name: str) -> Rejected:
    return Rejected(f"This release of bridgekit carries no files ({name})")


def _storable(event: RemoteEvent[Any] | Raw) -> bool:
    """Whether the IDs can be kept: databases take no lone surrogates and no NUL."""
    words = [event.chat.id, event.key or ""]
    if not isinstance(event, Raw):
        words += [event.sender or "", event.id or "", event.txn or ""]
    return all(_utf8(word) for word in words)


def _utf8(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in word
