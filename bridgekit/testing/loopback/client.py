"""One login's connection to the loopback network: every ability, of which a test may take some.

`LoopbackClient` has the methods, `ABILITIES` are the contracts; `client_class` declares those that
a network has, so that the bases of the class are its feature list, as with any other client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from types import new_class
from typing import TYPE_CHECKING, Any

from bridgekit.adapter import Client, Limits, Login, Sent
from bridgekit.errors import Rejected
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Location,
    MatrixEvent,
    Membership,
    Message,
    Pin,
    Poll,
    Raw,
    Reaction,
    Receipt,
    RemoteEvent,
    Typing,
    Vote,
)
from bridgekit.facts import Attachment, Chat, ChatInfo, Member, UserInfo
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.supports import (
    Absence,
    Found,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsContacts,
    SupportsConvert,
    SupportsCreate,
    SupportsDelete,
    SupportsDownload,
    SupportsEdit,
    SupportsEmoji,
    SupportsHistory,
    SupportsLimits,
    SupportsLocation,
    SupportsLookup,
    SupportsMembers,
    SupportsMembership,
    SupportsPin,
    SupportsPoll,
    SupportsReact,
    SupportsReceipt,
    SupportsTyping,
)
from bridgekit.testing.loopback.exchange import do
from bridgekit.testing.loopback.looking import (
    chat_info,
    chats_of,
    find,
    make_chat,
    past,
    seen_by,
)

if TYPE_CHECKING:
    from bridgekit.testing.loopback.network import LoopbackNetwork


class LoopbackClient(Client):
    """All that a connection may be asked for; what it declares is up to `client_class`."""

    def __init__(self, login: Login, network: LoopbackNetwork, host: Any) -> None:
        self.me = RemoteUserID(login.credentials.get("nick", "bot"))
        self.login, self.network, self.host = login, network, host
        self.dropped = asyncio.Event()

    async def run(self) -> None:
        await self.dropped.wait()

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return chat_info(self.network, chat, self.login.id)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return self.network.users.get(user, UserInfo(name=user.title()))

    # What makes a message, and what changes something.

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return await self.network.take(self, event)

    async def poll(self, event: MatrixEvent[Poll]) -> Sent:
        if event.content.target is not None:
            await do(self.network, self, event)
            return Sent()
        return await self.network.take(self, event)

    async def send_location(self, event: MatrixEvent[Location]) -> Sent:
        return await self.network.take(self, event)

    async def edit(self, event: MatrixEvent[Edit]) -> None:
        await do(self.network, self, event)

    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        await do(self.network, self, event)

    async def react(self, event: MatrixEvent[Reaction]) -> None:
        await do(self.network, self, event)

    async def vote(self, event: MatrixEvent[Vote]) -> None:
        await do(self.network, self, event)

    async def pin(self, event: MatrixEvent[Pin]) -> None:
        await do(self.network, self, event)

    async def mark_read(self, event: MatrixEvent[Receipt]) -> None:
        await do(self.network, self, event)

    async def typing(self, event: MatrixEvent[Typing]) -> None:
        await do(self.network, self, event)

    async def set_member(self, event: MatrixEvent[Membership]) -> None:
        await do(self.network, self, event)

    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None:
        await do(self.network, self, event)

    # Help with delivery.

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self.network.served[attachment.source]()

    async def convert(self, raw: Raw) -> Sequence[RemoteEvent[Content]]:
        self.network.converted.append(raw.body)
        return self.network.meanings[raw.body]()

    def limits(self, chat: Chat) -> Limits:
        return self.network.limits_in(chat)

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        del since
        return find(self.network, event.txn)

    def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        return each(past(seen_by(self.network, chat, self.login.id), after, before, since, limit))

    # Chats and people.

    async def enter(self, chat: ChatID) -> None:
        async with self.network.changed:
            self.network.entered.add(chat)
            self.network.changed.notify_all()

    async def leave(self, chat: ChatID) -> None:
        self.network.entered.discard(chat)

    def chats(self) -> AsyncIterator[ChatInfo]:
        return each(chats_of(self.network, self.login.id, self.me))

    def members(self, chat: ChatID) -> AsyncIterator[Member]:
        known = seen_by(self.network, chat, self.login.id).known_members()
        if any(member.user == self.me for member in known):
            return each(known)
        return each((*known, Member(self.me)))

    async def resolve(self, identifier: str) -> Chat:
        user = identifier.lower()
        if user.startswith("#") or user in self.network.strangers:
            raise Rejected(f"There is nobody called {identifier} on loopback")
        return Chat(ChatID(user), private=True)

    def search(self, text: str) -> AsyncIterator[UserInfo]:
        known = self.network.users.values()
        return each([info for info in known if text.lower() in (info.name or "").lower()])

    async def create(self, info: ChatInfo, members: Sequence[RemoteUserID]) -> Chat:
        return make_chat(self.network, info, [self.me, *members])

    async def emoji(self, name: str) -> Attachment | None:
        return self.network.emoji.get(name)


class EveryAbility(
    LoopbackClient,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsContacts,
    SupportsConvert,
    SupportsCreate,
    SupportsDelete,
    SupportsDownload,
    SupportsEdit,
    SupportsEmoji,
    SupportsHistory,
    SupportsLimits,
    SupportsLocation,
    SupportsLookup,
    SupportsMembers,
    SupportsMembership,
    SupportsPin,
    SupportsPoll,
    SupportsReact,
    SupportsReceipt,
    SupportsTyping,
):
    """A client that declares everything; it has a type checker compare methods and contracts."""


ABILITIES: frozenset[type] = frozenset(EveryAbility.__bases__) - {LoopbackClient}


def client_class(lacks: Iterable[type], extra: Iterable[type]) -> type[LoopbackClient]:
    """A client with all abilities but `lacks`; `extra` are bases that go before all others."""
    declared = sorted(ABILITIES - set(lacks), key=lambda ability: ability.__name__)
    own = tuple(extra)
    base = () if any(issubclass(one, LoopbackClient) for one in own) else (LoopbackClient,)
    made: type[LoopbackClient] = new_class("LoopbackClient", (*own, *base, *declared))
    return made


async def each(found: Iterable[Any]) -> AsyncIterator[Any]:
    for one in found:
        yield one
