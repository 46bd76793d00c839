"""All our numbers at work: sends texts through the gateways, and answers what the core asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import cast

from bridgekit import (
    Attachment,
    AttachmentKind,
    Chat,
    ChatID,
    ChatInfo,
    Client,
    Content,
    Host,
    Limits,
    MatrixEvent,
    Member,
    Message,
    MessageKind,
    Rank,
    Rejected,
    RemoteUserID,
    Sent,
    SupportsCommands,
    SupportsContacts,
    SupportsDownload,
    SupportsLimits,
    SupportsPacing,
    SupportsSplit,
    UserInfo,
)
from bridges.sms import guards, numbers
from bridges.sms.commands import COMMANDS, Commands
from bridges.sms.config import SMSConfig
from bridges.sms.contacts import SOURCE
from bridges.sms.desk import AtGateway, Desk, Notes
from bridges.sms.finding import Finding
from bridges.sms.inbound import described, message_id
from bridges.sms.lines import Lines
from bridges.sms.numbers import Conversation, between
from bridges.sms.opt_out import OptedOutError, Wish
from bridges.sms.outbound import parts, text_of
from bridges.sms.provider import Downloads, Outgoing, Traits
from bridges.sms.segments import segments
from bridges.sms.spending import counted

_KINDS = frozenset(
    {AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.AUDIO, AttachmentKind.FILE}
)
# Pictures that stand still; of others a part would be lost.
_SHRUNK = frozenset({"image/jpeg", "image/png", "image/webp", "image/bmp"})
LARGEST_FILE = 100 << 20  # bytes of a file that a gateway has for us


@dataclass(frozen=True, slots=True)
class Office:
    """What all of a network's texting goes through."""

    config: SMSConfig
    lines: Lines
    desk: Desk
    notes: Notes


class SMSClient(
    Client,
    SupportsCommands,
    SupportsContacts,
    SupportsDownload,
    SupportsLimits,
    SupportsPacing,
    SupportsSplit,
):
    """The bridge's own login, which all numbers belong to."""

    commands = COMMANDS

    def __init__(self, host: Host, office: Office) -> None:
        self._host, self._office, self._config = host, office, office.config
        self.me = RemoteUserID(next(iter(office.config.numbers)))
        self.resumes = all(line.provider.traits.keeps for line in office.lines)
        self._finding = Finding(office.config, office.notes.contacts)
        self._commands = Commands(host, office.config, office.desk, office.notes)

    async def run(self) -> None:
        office = self._office
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._show_incomplete(), name="parts")
            tasks.create_task(office.desk.answers.run(), name="answers")
            heard = office.notes.heard
            await office.lines.run(lambda name: AtGateway(office.desk, heard, name))

    async def _show_incomplete(self) -> None:
        while True:
            await self._office.notes.joining.until_due()
            await self._office.desk.show_incomplete()

    # Sending.

    def limits(self, chat: Chat) -> Limits:
        talk, traits = self._talk(chat.id), self._traits(chat.id)
        takes_files = traits.files and len(talk.peers) <= traits.group
        return Limits(
            text=153 * min(traits.segments, self._config.segments),
            attachments=_KINDS if takes_files else frozenset(),
            media=traits.media or None,
            shrinks=_SHRUNK,
            idempotent=traits.idempotent and self._alone(talk.own),
        )

    def _alone(self, own: str) -> bool:
        """Whether it has one gateway: another one would not know what that one has taken."""
        return own in self._config.numbers and len(self._config.via(own)) == 1

    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        return parts(event, self._config, self._traits(event.chat.id).segments)

    async def pace(self, event: MatrixEvent[Content]) -> None:
        """What is sure already is said here, before anything counts as being sent."""
        if not isinstance(event.content, Message):
            return
        talk = self._talk(event.chat.id)
        self._may_send(talk, event.content)
        said = cast("MatrixEvent[Message]", event)
        cost = len(segments(text_of(said, self._config))) * len(talk.peers)
        number = self._config.numbers[talk.own]
        await self._may_now(talk, cost)
        rate, burst = number.rate, number.burst
        await self._host.pace("number", talk.own, rate=rate, burst=burst, cost=float(cost))
        await self._may_now(talk, cost)  # that may have been a long wait, and not for this one only

    async def _may_now(self, talk: Conversation, cost: int) -> None:
        """What others may change at any time."""
        for user in talk.peers:
            await self._wants(talk, user)
        self._office.notes.loops.check(talk.id)
        await self._office.notes.spending.check(cost)

    def _takes(self, talk: Conversation) -> bool:
        """Whether one of its gateways reaches so many at once."""
        names = self._config.via(talk.own)
        return any(len(talk.peers) <= self._office.lines[name].traits.group for name in names)

    def _may_send(self, talk: Conversation, message: Message) -> None:
        if talk.own not in self._config.numbers:
            raise Rejected(f"{numbers.shown(talk.own)} is no number of this bridge any more.")
        if talk.strangers:
            raise Rejected("Nobody can be answered here; `accept` the number, or start a chat.")
        if not self._takes(talk):
            raise Rejected("No gateway of this number texts groups of so many: text each of them.")
        if message.kind is MessageKind.NOTICE:
            raise Rejected("Notices are not texted: machines must not text each other.")
        for user in talk.peers:
            self._may_reach(talk.own, user)

    def _may_reach(self, own: str, user: RemoteUserID) -> None:
        if self._office.desk.is_ours(user):
            raise Rejected(f"{numbers.shown(user)} is a number of this bridge itself.")
        config = self._config
        guards.check(user, config.home(own), config.countries, premium=config.premium)

    async def _wants(self, talk: Conversation, user: RemoteUserID) -> None:
        out = await self._office.desk.wishes.opted_out(talk.own, user)
        if out is not None:
            raise Rejected(
                f"{numbers.shown(user)} has opted out of messages from this number "
                f"({out.source}, {out.since}). They can text START to get them again."
            )

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        talk, office = self._talk(event.chat.id), self._office
        message = await self._outgoing(talk, event)
        try:
            async with self._counted(talk, message):
                gateway, ids = await office.lines.send(self._config.via(talk.own), message)
        except OptedOutError:
            for user in talk.peers:
                await office.desk.wishes.note(talk.own, user, Wish.STOP, "the gateway")
            raise
        for user in talk.peers:
            await office.notes.standing.meet(talk.own, user)
        found = tuple(message_id(gateway, one) for one in ids)
        office.notes.memory.add(talk.id, found, message.text)
        return Sent(found, note=self._note(message))

    def _counted(self, talk: Conversation, message: Outgoing) -> AbstractAsyncContextManager[None]:
        spending, loops = self._office.notes.spending, self._office.notes.loops
        return counted(spending, loops, talk.id, len(message.segments) * len(talk.peers))

    async def _outgoing(self, talk: Conversation, event: MatrixEvent[Message]) -> Outgoing:
        text = text_of(event, self._config)
        most = self._traits(talk.id).media or None
        media = [
            await self._host.link(one, most=most if one.mime in _SHRUNK else None)
            for one in event.content.attachments
        ]
        to = tuple(filter(None, map(numbers.dialled, talk.peers)))
        own = numbers.sender(talk.own)
        return Outgoing(own, to, text, segments(text), event.txn, tuple(media))

    def _note(self, message: Outgoing) -> str | None:
        needed = len(message.segments)
        if needed < self._config.tell_from or message.media:
            return None
        return f"It was sent as {needed} text messages."

    def _talk(self, chat: ChatID) -> Conversation:
        talk = numbers.conversation(chat)
        if talk is None:
            raise Rejected(f"{chat!r} is no conversation; write it like 15550001111/15551234567.")
        return talk

    def _traits(self, chat: ChatID) -> Traits:
        """Of the gateway that a conversation's number is sent through first."""
        talk = numbers.conversation(chat)
        if talk is None or talk.own not in self._config.numbers:
            return Traits()
        return self._office.lines[self._config.via(talk.own)[0]].traits

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Through the gateway, whose files may need its key; a contact's picture is here."""
        if attachment.source.startswith(SOURCE):
            return _whole(self._office.notes.contacts.picture(attachment.source))
        gateway, _, url = attachment.source.partition("|")
        provider = self._office.lines[gateway]
        if isinstance(provider, Downloads):
            return provider.download(url)
        return self._host.fetch(url, limit=LARGEST_FILE)

    # Chats and people.

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        talk = self._talk(chat)
        names = [(await self.user_info(user)).name or user for user in talk.peers]
        reached = talk.own in self._config.numbers and self._takes(talk)
        answerable = reached and not talk.strangers and all(map(numbers.dialled, talk.peers))
        assigned = await self._office.notes.standing.assigned(chat)
        own = f"From {numbers.shown(talk.own)}"
        return ChatInfo(
            id=chat,
            name=described(talk, names),
            topic=own if assigned is None else f"{own}, assigned to {assigned}",
            direct=len(talk.peers) == 1,
            members=None if talk.strangers else tuple(Member(user) for user in talk.peers),
            may_speak=None if answerable else Rank.OWNER,
        )

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        known = await self._office.notes.contacts.info(user)
        return known or UserInfo(id=user, name=numbers.shown(user))

    async def resolve(self, identifier: str) -> Chat:
        """The conversation with a number or a contact, from the number of ours that they know."""
        user = self._finding.person(identifier)
        own = await self._office.notes.standing.sender(user) or self._finding.nearest(user)
        self._may_reach(own, user)
        return between(own, user).chat

    async def search(self, text: str) -> AsyncIterator[UserInfo]:
        for user, name in self._office.notes.contacts.search(text):
            yield UserInfo(id=user, name=name)
        home = self._config.home(next(iter(self._config.numbers)))
        digits = numbers.e164(text, home)
        if digits is not None:
            yield await self.user_info(RemoteUserID(digits))

    async def command(self, name: str, arguments: Sequence[str], chat: Chat | None) -> str:
        return await self._commands.run(name, arguments, chat, self._finding.person)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
