"""Channels that take nothing any more: their rooms are closed and say why, once; and opened again.

https://docs.slack.dev/reference/methods/chat.postMessage, "Errors".
"""

import json
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    MatrixEvent,
    Message,
    MessageKind,
    Rank,
    RemoteEvent,
    RetryLater,
    from_plain,
)
from bridges.slack.refusals import GONE, NO_POSTS, Refusal
from bridges.slack.session import Session

T = TypeVar("T")

_WHY = {
    "is_archived": "This channel is archived on Slack, and takes no messages until somebody there "
    "brings it back.",
    "channel_not_found": "Slack has no such channel any more, or the app was removed from it. "
    "Messages are bridged again once somebody invites the app there, with /invite.",
    "restricted_action": "The workspace does not let the app post in this channel, until its "
    "admins change the posting permissions.",
    "restricted_action_read_only_channel": "This channel is read-only on Slack.",
}


class Closing:
    """For one login. Which rooms it has closed, and why, is kept: each is told once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._closed: dict[ChatID, str] | None = None

    async def watched(
        self, event: MatrixEvent[Any], act: Awaitable[T], *, posts: bool = False
    ) -> T:
        """Do something to a channel; one that takes what `posts` there is open."""
        try:
            done = await act
        except Refusal as refusal:
            if refusal.code in GONE or (posts and refusal.code in NO_POSTS):
                await self._close(event.chat, refusal.code, event.txn)
            raise
        if posts:
            with suppress(RetryLater):  # it was taken, and must not seem as if it was not
                await self.opened(event.chat.id)
        return done

    async def put_out(self, chat: ChatID, key: str) -> None:
        """The app was removed from a private channel, in which it hears nothing any more."""
        session = self._session
        if any(one.id == chat for one in session.host.chats(session.login.id)):
            await self._close(Chat(chat), "channel_not_found", key)

    async def _close(self, chat: Chat, code: str, key: str) -> None:
        closed = await self._known()
        if not self._concerns_all(chat.id, code) or closed.get(chat.id) == code:
            return
        change = ChatChange(ChatInfo(may_speak=Rank.OWNER))
        said = Message(from_plain(_WHY[code]), MessageKind.NOTICE)
        await self._session.host.receive(
            self._session.login.id,
            RemoteEvent(chat, None, change),
            RemoteEvent(chat, None, said, key=f"closed {key}"),
        )
        await self._note(chat.id, code)

    def _concerns_all(self, chat: ChatID, code: str) -> bool:
        """What one person may not do or see, others may."""
        session = self._session
        return code == "is_archived" or not session.is_persons or session.is_private(chat)

    async def opened(self, chat: ChatID) -> None:
        """It takes messages again, or may: what was closed here is opened."""
        if chat not in await self._known():
            return
        change = ChatChange(ChatInfo(may_speak=Rank.MEMBER))
        where = Chat(chat, private=self._session.is_private(chat))
        event = RemoteEvent(where, None, change)
        await self._session.host.receive(self._session.login.id, event)
        await self._note(chat, None)

    async def look(self) -> None:
        """Open what Slack lists as one where the login is, and that is not archived any more."""
        session = self._session
        listed = {session.sight.chat(one) for one in session.around if session.is_open(one)}
        for chat, why in dict(await self._known()).items():
            if why in GONE and chat in listed:
                await self.opened(chat)

    async def _known(self) -> dict[ChatID, str]:
        if self._closed is None:
            kept = await self._session.host.load(self._key)
            self._closed = {} if kept is None else json.loads(kept)
        return self._closed

    async def _note(self, chat: ChatID, why: str | None) -> None:
        closed = await self._known()
        if why is None:
            closed.pop(chat, None)
        else:
            closed[chat] = why
        await self._session.host.save(self._key, json.dumps(closed) if closed else None)

    @property
    def _key(self) -> str:
        return f"closed {self._session.login.id}"
