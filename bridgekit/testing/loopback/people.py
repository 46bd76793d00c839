"""The people of the loopback network: a verb for everything that somebody can do over there.

Every verb returns when the bridge has acknowledged what happened. `how` is what `emit` takes beside
the content: `id`, `to` (the login whose private chat it is), `at`, `key`, `txn`, `people`. What one
tells one's own clients alone is no content: of it the bridge acknowledges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Delivery,
    DeliveryState,
    Edit,
    Location,
    Membership,
    MemberState,
    Message,
    Moved,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.facts import Attachment, AttachmentKind, Chat, ChatInfo, Rank, UserInfo
from bridgekit.ids import ChatID, LoginID, MessageID, RemoteUserID
from bridgekit.richtext import RichText, from_plain
from bridgekit.testing.loopback.files import kind_of, pieces

if TYPE_CHECKING:
    from bridgekit.testing.loopback.network import LoopbackNetwork


class RemotePerson:
    """Somebody on the network, with a verb for everything."""

    def __init__(self, user: RemoteUserID, network: LoopbackNetwork) -> None:
        self.user = user
        self._network = network

    async def does(self, chat: str, content: Content, **how: Any) -> None:
        """Anything, for what has no verb."""
        await self._network.emit(chat, self.user, content, **how)

    # Saying.

    async def say(self, chat: str, text: str | RichText, **how: Any) -> None:
        await self.does(chat, Message(_rich(text)), **how)

    async def reply(self, chat: str, target: str, text: str | RichText, **how: Any) -> None:
        await self.does(chat, Message(_rich(text), reply_to=MessageID(target)), **how)

    async def thread(self, chat: str, root: str, text: str | RichText, **how: Any) -> None:
        await self.does(chat, Message(_rich(text), thread=MessageID(root)), **how)

    async def attach(
        self, chat: str, *files: Attachment, caption: str | RichText = "", **how: Any
    ) -> None:
        """Send files (see `file`), with or without a text."""
        await self.does(chat, Message(_rich(caption), attachments=files), **how)

    def file(
        self,
        name: str,
        data: bytes | int,
        mime: str | None = None,
        kind: AttachmentKind | None = None,
        **details: Any,
    ) -> Attachment:
        """A file that can be downloaded; a number stands for that many zero bytes."""
        source = f"file-{len(self._network.served)}"
        self._network.served[source] = pieces(data)
        size = data if isinstance(data, int) else len(data)
        details = {"size": size, **details}
        return Attachment(kind or kind_of(mime), source, name, mime, **details)

    async def locate(
        self, chat: str, latitude: float, longitude: float, name: str = "", **how: Any
    ) -> None:
        await self.does(chat, Location(latitude, longitude, name), **how)

    async def poll(self, chat: str, question: str, *options: str, **how: Any) -> None:
        await self.does(chat, Poll(question, options), **how)

    async def unsupported(self, chat: str, text: str, **how: Any) -> None:
        await self.does(chat, Unsupported(text), **how)

    # Changing what was said.

    async def edit(
        self, chat: str, target: str, text: str | RichText, stamp: str | None = None, **how: Any
    ) -> None:
        await self.does(chat, Edit(MessageID(target), Message(_rich(text)), stamp), **how)

    async def delete(self, chat: str, target: str, **how: Any) -> None:
        await self.does(chat, Deletion(MessageID(target)), **how)

    async def react(self, chat: str, target: str, emoji: str, **how: Any) -> None:
        await self.does(chat, Reaction(MessageID(target), emoji), **how)

    async def unreact(self, chat: str, target: str, emoji: str, **how: Any) -> None:
        await self.does(chat, Reaction(MessageID(target), emoji, removed=True), **how)

    async def vote(self, chat: str, target: str, *options: int, **how: Any) -> None:
        """The whole choice; none withdraws it."""
        await self.does(chat, Vote(MessageID(target), options), **how)

    async def pin(self, chat: str, target: str, **how: Any) -> None:
        await self.does(chat, Pin(MessageID(target)), **how)

    async def unpin(self, chat: str, target: str, **how: Any) -> None:
        await self.does(chat, Pin(MessageID(target), removed=True), **how)

    # Being there.

    async def read(self, chat: str, up_to: str, **how: Any) -> None:
        await self.does(chat, Receipt(MessageID(up_to)), **how)

    def mute(self, chat: str, *, muted: bool = True, to: LoginID | None = None) -> None:
        """Hear of it no more, where they have a login here; `to`: of a private chat of it."""
        (client,) = [one for one in self._network.clients.values() if one.me == self.user]
        client.host.muted(client.login.id, Chat(ChatID(chat), private=to is not None), muted=muted)

    async def types(self, chat: str, *, active: bool = True, **how: Any) -> None:
        await self.does(chat, Typing(active), **how)

    async def join(self, chat: str, **how: Any) -> None:
        await self.does(chat, Membership(self.user, MemberState.JOIN), **how)

    async def leave(self, chat: str, reason: str = "", **how: Any) -> None:
        await self.does(chat, Membership(self.user, MemberState.LEAVE, reason), **how)

    async def invite(self, chat: str, user: str, **how: Any) -> None:
        await self._move(chat, user, MemberState.INVITE, **how)

    async def kick(self, chat: str, user: str, reason: str = "", **how: Any) -> None:
        await self._move(chat, user, MemberState.KICK, reason, **how)

    async def ban(self, chat: str, user: str, reason: str = "", **how: Any) -> None:
        await self._move(chat, user, MemberState.BAN, reason, **how)

    async def unban(self, chat: str, user: str, **how: Any) -> None:
        await self._move(chat, user, MemberState.LEAVE, **how)

    async def set_rank(self, chat: str, user: str, rank: Rank, **how: Any) -> None:
        change = Membership(RemoteUserID(user), MemberState.JOIN, rank=rank)
        await self.does(chat, change, **how)

    # Changing the chat, or oneself.

    async def rename_chat(self, chat: str, name: str, **how: Any) -> None:
        await self.change_chat(chat, ChatInfo(name=name), **how)

    async def retopic(self, chat: str, topic: str, **how: Any) -> None:
        await self.change_chat(chat, ChatInfo(topic=topic), **how)

    async def change_chat(self, chat: str, info: ChatInfo, **how: Any) -> None:
        await self.does(chat, ChatChange(info), **how)

    async def move(self, chat: str, new: str, **how: Any) -> None:
        """The chat goes by another ID from here on."""
        await self.does(chat, Moved(ChatID(new)), **how)

    async def rename(self, name: str, avatar: Attachment | None = None) -> None:
        """Have another name, and perhaps another picture, in every chat."""
        info = UserInfo(self.user, name, avatar)
        self._network.users[self.user] = info
        client = next(iter(self._network.clients.values()))
        await client.host.user_changed(client.login.id, info)

    async def report(
        self, chat: str, target: str, state: DeliveryState, reason: str | None = None, **how: Any
    ) -> None:
        """What became, at this person's end, of a message that the bridge sent."""
        await self.does(chat, Delivery(MessageID(target), state, reason), **how)

    async def _move(
        self, chat: str, user: str, state: MemberState, reason: str = "", **how: Any
    ) -> None:
        await self.does(chat, Membership(RemoteUserID(user), state, reason), **how)


def _rich(text: str | RichText) -> RichText:
    return from_plain(text) if isinstance(text, str) else text
