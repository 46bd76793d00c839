"""Posts and their edits: under whose name, in which thread, with what to know them by again."""

from collections import OrderedDict
from datetime import datetime
from typing import Any

from bridgekit import (
    Absence,
    ConfigError,
    Edit,
    Found,
    Italic,
    MatrixEvent,
    Message,
    MessageKind,
    Quote,
    Rejected,
    RichText,
    Sent,
    Text,
)
from bridges.slack.acts import Acts
from bridges.slack.fields import JSON, records, text
from bridges.slack.identity import CUSTOMIZE
from bridges.slack.ids import channel_of, is_ts, message_id
from bridges.slack.layout import Post, laid_out, markup, named, without_blocks
from bridges.slack.looking import earliest, look, metadata
from bridges.slack.parts import parts
from bridges.slack.refusals import UNLIKED_BLOCKS, InDoubt, Refusal
from bridges.slack.session import Session
from bridges.slack.uploads import Uploads

_REMEMBERED = 500  # threads of messages, pictures of people, and channels
_NAME = 80  # characters


class Posts:
    """For one login."""

    def __init__(self, session: Session, acts: Acts) -> None:
        self._session, self._api, self._acts = session, session.api, acts
        self.uploads = Uploads(session.login.id, session.api, session.http, session.host)
        self._roots: OrderedDict[str, str] = OrderedDict()
        self._latest: OrderedDict[str, str] = OrderedDict()  # of ours, by channel
        self._pictures: OrderedDict[str, str] = OrderedDict()

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        renamed = self._may_rename
        try:
            return await self._said(event)
        except Refusal as refusal:
            if refusal.code == "missing_scope" and renamed and not self._may_rename:
                return await self._said(event)  # now with the name in the text
            if refusal.code != "not_in_channel":
                raise
        # Somebody has removed the app, or the person has left: nothing was posted, and public
        # channels are entered again.
        await self._acts.join(channel_of(event.chat.id).id)
        return await self._said(event)

    async def _said(self, event: MatrixEvent[Message]) -> Sent:
        thread = await self.thread(event)
        if event.content.attachments:
            return await self.uploads.send(event, self._comment(event), thread)
        return await self._post(event, thread)

    def parts(self, event: MatrixEvent[Message]) -> list[Message]:
        return parts(event, named=self._names(event, event.content))

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        """What became of a post that was begun then: a channel has one on its way at a time."""
        thread, channel = await self.thread(event), channel_of(event.chat.id).id
        oldest = earliest(since, self._latest.get(channel))
        return await look(self._api, channel, thread, event.txn, oldest)

    async def _post(self, event: MatrixEvent[Message], thread: str | None) -> Sent:
        channel = channel_of(event.chat.id).id
        face = await self._face(event)
        post = laid_out(self._words(event, event.content))
        if not post.text.strip():
            raise Rejected("Slack takes no message without words.")
        answer = await self._accepted(
            "chat.postMessage",
            post,
            channel=channel,
            thread_ts=thread,
            reply_broadcast=True if thread and event.content.broadcast else None,
            metadata=metadata(event.txn),
            **face,
        )
        ts = text(answer, "ts")
        if not is_ts(ts):
            raise InDoubt("chat.postMessage: an answer without the message's ts")
        _remember(self._latest, channel, ts)
        if thread is not None:
            _remember(self._roots, ts, thread)
        return Sent((message_id(ts),))

    async def edit(self, event: MatrixEvent[Edit]) -> None:
        post = laid_out(self._words(event, event.content.message))
        where = {"channel": channel_of(event.chat.id).id, "ts": event.content.target}
        await self._accepted("chat.update", post, **where)

    async def _accepted(self, method: str, post: Post, **arguments: Any) -> JSON:
        """With its blocks or, where Slack does not like them, as text: nothing was taken then."""
        blocks = list(post.blocks)
        if not blocks and method == "chat.postMessage":
            return await self._api.call(method, text=post.text, **arguments)
        try:
            return await self._api.call(method, text=post.text, blocks=blocks, **arguments)
        except Refusal as refusal:
            if refusal.code not in UNLIKED_BLOCKS or not blocks:
                raise
        return await self._accepted(method, without_blocks(post), **arguments)

    # Under whose name.

    @property
    def _may_rename(self) -> bool:
        """Whether a post may show another name and picture than the app's, as Slack said last."""
        return CUSTOMIZE in self._api.scopes

    async def _face(self, event: MatrixEvent[Message]) -> dict[str, str]:
        """See <https://docs.slack.dev/reference/scopes/chat.write.customize>."""
        if not (event.relayed and self._may_rename):
            return {}
        face = {"username": event.author.name[:_NAME]}
        picture = event.author.avatar
        if picture is None:
            return face
        if picture.source not in self._pictures:
            try:
                url = await self._session.host.link(picture)
            except ConfigError:
                return face  # nobody can be shown a picture; `doctor` says so
            _remember(self._pictures, picture.source, url)
        return face | {"icon_url": self._pictures[picture.source]}

    def _words(self, event: MatrixEvent[Message] | MatrixEvent[Edit], said: Message) -> RichText:
        words: RichText = (Italic(said.text),) if said.kind is MessageKind.EMOTE else said.text
        if said.quote is not None:
            words = (Quote(said.quote), *words)
        return named(event.author.name, words) if words and self._names(event, said) else words

    def _names(self, event: MatrixEvent[Message] | MatrixEvent[Edit], said: Message) -> bool:
        """Whether the author's name stands in the text. Files the app shares under its own name."""
        may = self._may_rename and not said.attachments
        return event.relayed and not may

    def _comment(self, event: MatrixEvent[Message]) -> str:
        """What stands with files."""
        words = event.content.text
        if event.relayed:
            words = named(event.author.name, words) if words else (Text(event.author.name),)
        return markup(words)

    # In which thread.

    async def thread(self, event: MatrixEvent[Message]) -> str | None:
        """A thread by its first message; what is answered may stand in one already."""
        if event.content.thread is not None or event.content.reply_to is None:
            return event.content.thread
        target = event.content.reply_to
        if target not in self._roots:
            _remember(self._roots, target, await self._root(channel_of(event.chat.id).id, target))
        return self._roots[target]

    async def _root(self, channel: str, ts: str) -> str:
        try:
            answer = await self._api.call("conversations.replies", channel=channel, ts=ts, limit=1)
        except Refusal:
            return ts
        found = next((one for one in records(answer, "messages") if text(one, "ts") == ts), {})
        root = text(found, "thread_ts")
        return root if is_ts(root) else ts


def _remember(known: OrderedDict[str, str], key: str, value: str) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
