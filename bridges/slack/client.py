"""One login in one workspace: what the core asks of it. See `deliveries.py` for what it hears."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bridgekit import (
    Absence,
    Attachment,
    AttachmentKind,
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Client,
    Content,
    Deletion,
    Edit,
    Found,
    Limits,
    MatrixEvent,
    Member,
    Message,
    MessageID,
    Pin,
    Raw,
    Reaction,
    RemoteEvent,
    RemoteUserID,
    RetryLater,
    Sent,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsConvert,
    SupportsDelete,
    SupportsDownload,
    SupportsEdit,
    SupportsEmoji,
    SupportsHistory,
    SupportsLimits,
    SupportsLookup,
    SupportsMembers,
    SupportsPacing,
    SupportsPin,
    SupportsPlace,
    SupportsReact,
    SupportsSplit,
    Unit,
    UserInfo,
)
from bridges.slack import convert, people
from bridges.slack.acts import Acts
from bridges.slack.closing import Closing
from bridges.slack.completing import Completing
from bridges.slack.config import Replies
from bridges.slack.events import events_of
from bridges.slack.fields import JSON, record, text, texts
from bridges.slack.hearing import Hearing, Watch
from bridges.slack.history import Past, events_in, first_of, last_of
from bridges.slack.ids import channel_of, just_before, user_of
from bridges.slack.news import News
from bridges.slack.parts import LONGEST
from bridges.slack.posts import Posts
from bridges.slack.refusals import Refusal
from bridges.slack.session import Session

_FILE = 1 << 30  # bytes
LIMITS = Limits(
    text=LONGEST,
    unit=Unit.BYTES,
    attachments=frozenset(AttachmentKind),
    media=_FILE,
    threads=True,
    replies=True,
)
_TIER_3 = {"rate": 50 / 60, "burst": 20.0}  # calls of one method, in one workspace


class SlackClient(
    Client,
    SupportsChatChange,
    SupportsChatList,
    SupportsChats,
    SupportsConvert,
    SupportsDelete,
    SupportsDownload,
    SupportsEdit,
    SupportsEmoji,
    SupportsHistory,
    SupportsLimits,
    SupportsLookup,
    SupportsMembers,
    SupportsPacing,
    SupportsPin,
    SupportsPlace,
    SupportsReact,
    SupportsSplit,
):
    """Its bases are its feature list; what a person's own login can do besides is `person.py`."""

    def __init__(self, session: Session, hearing: Hearing | None = None) -> None:
        """`hearing`: Slack calls us, and may cease to."""
        self.session, self._hearing = session, hearing or Hearing()
        self._watch = None if hearing is None else Watch(session, hearing)
        self.me, self.place = session.me, session.sight.team
        self.account = session.identity.account
        self._acts = Acts(session.api, persons=session.is_persons)
        self.closing, self.news = Closing(session), News(session)
        self._posts, self._completing = Posts(session, self._acts), Completing(session)
        self._missed = asyncio.Event()
        self.begun = self.gone = False
        """Before the one the core does not know who we are; after the other, what comes belongs
        behind what was missed."""
        self._emoji: dict[str, str] | None = None

    # Listening.

    async def run(self) -> None:
        """Ends when something was missed, which is then read from the past, or the token ends."""
        self.begun = True
        if not self.session.is_persons:
            with suppress(RetryLater):  # too much waits already: it is told another time
                await self.closing.look()
                await self.news.tell()
        with suppress(TimeoutError):  # the next connection begins with a new token
            async with asyncio.timeout(self.session.lasts):
                if self._watch is not None:
                    await self._watch.until(self._missed)
                await self._missed.wait()

    def missed(self) -> None:
        """Slack has told others things, or nobody, which were for this login."""
        self.gone = True
        self._missed.set()

    def forget_emoji(self) -> None:
        """They have changed: asked for again when one is needed."""
        self._emoji = None

    def forget_groups(self) -> None:
        """One of them has another name, or is new."""
        self._completing.names.forget_groups()

    # Sending.

    def limits(self, chat: Chat) -> Limits:
        del chat
        threads = self.session.config.replies is Replies.THREAD
        return LIMITS if threads else replace(LIMITS, replies=False)

    async def pace(self, event: MatrixEvent[Content]) -> None:
        """A post a second in a channel; of all else, so many a minute in a workspace."""
        pace, team = self.session.config.pace, self.session.identity.us.team
        if isinstance(event.content, Message):
            rate, burst = pace.rate, pace.burst
            await self.session.host.pace("post", event.chat.id, rate=rate, burst=burst)
        else:
            kind = type(event.content).__name__
            await self.session.host.pace(kind, team, self.session.login.id, **_TIER_3)

    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        return self._posts.parts(event)

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return await self.closing.watched(event, self._posts.send(event), posts=True)

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        if event.content.attachments:
            return await self._posts.uploads.find(event)
        return await self._posts.find(event, since)

    async def edit(self, event: MatrixEvent[Edit]) -> None:
        await self.closing.watched(event, self._posts.edit(event))

    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        await self.closing.watched(event, self._acts.delete(event.chat.id, event.content.target))

    async def react(self, event: MatrixEvent[Reaction]) -> None:
        await self.closing.watched(event, self._acts.react(event.chat.id, event.content))

    async def pin(self, event: MatrixEvent[Pin]) -> None:
        await self.closing.watched(event, self._acts.pin(event.chat.id, event.content))

    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None:
        info, line = event.content.info, self.session.config.topic
        await self.closing.watched(event, self._acts.change(event.chat.id, info, line))

    # What was said before, and what needs a look.

    async def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        after = after if since is None else just_before(since)
        past, told = Past(self.session.api, channel_of(chat).id), list[RemoteEvent[Content]]()
        while (left := limit - len(told)) > 0:  # whoever comes and goes leaves messages, too
            if after is None:
                found = await past.last(before, left)
                told = [*await self._told(found, chat), *told]
                before = first_of(found)
            else:
                found = await past.following(after, left)
                told += await self._told(found, chat)
                after = last_of(found) or after
            if len(found) < left:
                break
        for event in told:
            yield event

    async def _told(self, found: Sequence[JSON], chat: ChatID) -> list[RemoteEvent[Content]]:
        seen = self.session.seen("", private=self.session.is_private(chat))
        kind = {"type": "message", "channel": channel_of(chat).id}
        self._hearing.know(self.place, kind["channel"], last_of(found) or "")
        whole = [await self._completing.whole(one) | kind for one in found]
        return [event for one in whole for event in events_in(one, seen)]

    async def convert(self, raw: Raw) -> Sequence[RemoteEvent[Content]]:
        """What names people by ID, or has a file of which Slack Connect tells no more than that."""
        event = json.loads(raw.body)
        if isinstance(event.get("message"), dict):  # an edit
            event["message"] = await self._completing.whole(event["message"])
        whole = await self._completing.whole(event)
        told = events_of(whole, self.session.seen("", private=raw.chat.private))
        return [one for one in told if isinstance(one, RemoteEvent)]

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self.session.downloads.pieces(attachment)

    async def emoji(self, name: str) -> Attachment | None:
        if self._emoji is None:
            found = record(await self.session.api.call("emoji.list"), "emoji")
            self._emoji = {key: url for key, url in found.items() if isinstance(url, str)}
        url = self._emoji.get(name, "")
        for _ in range(2):  # an alias of an alias is one too many
            if url.startswith("alias:"):
                url = self._emoji.get(url.removeprefix("alias:"), "")
        return convert.picture(url) if url.startswith("http") else None

    # Channels and people.

    async def enter(self, chat: ChatID) -> None:
        channel = channel_of(chat).id
        if channel not in self.session.inside:
            await self._acts.join(channel)
            self.session.inside.add(channel)

    async def leave(self, chat: ChatID) -> None:
        channel = channel_of(chat).id
        self.session.inside.discard(channel)
        await self._acts.leave(channel)

    async def chats(self) -> AsyncIterator[ChatInfo]:
        session = self.session
        async for one in session.channels() if session.is_persons else session.open_channels():
            yield self._described(one)

    async def members(self, chat: ChatID) -> AsyncIterator[Member]:
        cursor = ""
        while True:
            page = {"cursor": cursor} if cursor else {}
            arguments = {"channel": channel_of(chat).id, "limit": 1000} | page
            answer = await self.session.api.call("conversations.members", **arguments)
            for user in texts(answer, "members"):
                yield Member(self.session.sight.user(user))
            cursor = text(record(answer, "response_metadata"), "next_cursor")
            if not cursor:
                return

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return self._described(await self._acts.info(channel_of(chat).id))

    def _described(self, channel: JSON) -> ChatInfo:
        return people.chat_info(channel, self.session.sight, self.session.config.topic)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        who = user_of(user)
        try:
            if who.is_bot:
                answer = await self.session.api.call("bots.info", bot=who.id)
                return people.bot_info(record(answer, "bot") | {"id": who.id}, self.session.sight)
            answer = await self.session.api.call("users.info", user=who.id)
        except Refusal:
            if who.team != self.session.sight.team:
                raise  # another login may know them
            return UserInfo(id=user)
        found = people.user_info(record(answer, "user") | {"id": who.id}, self.session.sight)
        return UserInfo(user, found.name, found.avatar, found.bot)
