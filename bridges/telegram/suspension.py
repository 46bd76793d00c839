"""Topics that take nothing any more: what is said there is refused here, and Telegram not asked.

A bot is told of no deleted topic, and in a closed one some bots may still write: so it shows when
something is sent.
"""

import json
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram.error import BadRequest

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    Content,
    Host,
    LoginID,
    MatrixEvent,
    Message,
    MessageKind,
    Rejected,
    RemoteEvent,
    from_plain,
)
from bridges.telegram.ids import Place, message_id
from bridges.telegram.refusals import says, sentence
from bridges.telegram.standing import CLOSED, OPEN

_GONE = ("topic_closed", "topic_deleted", "message thread not found")
_CHATS = 1_000  # in memory
_NOTICE = (
    "{why} Nothing that is said here goes there any more, until it is opened again on Telegram, or"
    " until somebody writes {network}-reopen {where}, to try it again."
)


class Suspensions:
    """Of one bot. The general topic of a forum, which has no number, is suspended as its chat."""

    def __init__(self, host: Host, login: LoginID) -> None:
        self._host, self._login = host, login
        self._known: OrderedDict[int, dict[str, str]] = OrderedDict()
        self._telling = set[ChatID]()  # what is being suspended, and not opened again meanwhile

    async def why(self, place: Place) -> str | None:
        """What whoever says something there is told; None: it is not suspended."""
        return (await self._of(place.chat)).get(place.id)

    async def check(self, place: Place) -> None:
        """Raises `Rejected` where it is suspended."""
        why = await self.why(place)
        if why is not None:
            raise Rejected(why)

    @asynccontextmanager
    async def watching(self, event: MatrixEvent[Content], place: Place) -> AsyncIterator[None]:
        """Around a send: what Telegram says of the topic holds for all that is said after it."""
        try:
            yield
        except BadRequest as error:
            if says(error, *_GONE) and await self.why(place) is None:
                await self._suspend(event, place, sentence(str(error)))
            raise

    async def _suspend(self, event: MatrixEvent[Content], place: Place, why: str) -> None:
        """Told once, and then kept: a crash between the two costs no notice."""
        if place.id in self._telling:
            return
        self._telling.add(place.id)
        try:
            await self._tell(event, place, why)
            kept = await self._of(place.chat)
            if place.id in self._telling:
                kept[place.id] = why
                await self._store(place.chat, kept)
        finally:
            self._telling.discard(place.id)

    async def _tell(self, event: MatrixEvent[Content], place: Place, why: str) -> None:
        """A room of its own shows it, too; who may not write there any more writes elsewhere."""
        chat = event.chat
        apart = chat.id == place.id and place.topic is not None
        thread = None if apart or place.topic is None else message_id(place.chat, place.topic)
        whole = apart and Place(place.chat).id in self._chats()
        where = "in the room of the whole group" if whole else "here"
        words = _NOTICE.format(why=why, network=self._login.partition(":")[0], where=where)
        notice = Message(from_plain(words), MessageKind.NOTICE, thread=thread)
        key = f"suspended {place.id} {event.txn}"
        await self._host.receive(self._login, RemoteEvent(chat, None, notice, key=key))
        if apart and place.id in self._telling:
            await self._host.receive(self._login, RemoteEvent(chat, None, ChatChange(CLOSED)))

    async def lift(self, place: Place) -> None:
        """It was opened again, as everybody is told."""
        self._telling.discard(place.id)
        kept = await self._of(place.chat)
        if kept.pop(place.id, None) is not None:
            await self._store(place.chat, kept)

    async def try_again(self, place: Place) -> bool:
        """Somebody asks for it in the room of a topic, or of a chat with all of its topics.

        Returns whether there is anything to try. A topic's own room is opened in any case: whoever
        can write there may speak, and that it was opened on Telegram may have been missed.
        """
        kept = await self._of(place.chat)
        meant = list(kept) if place.topic is None else [place.id]
        rooms = self._chats().intersection(meant) - {Place(place.chat).id}
        opened = [RemoteEvent(Chat(ChatID(one)), None, ChatChange(OPEN)) for one in sorted(rooms)]
        if opened:  # first: a crash behind the lifting would leave rooms closed for good
            await self._host.receive(self._login, *opened)
        lifted = [one for one in meant if kept.pop(one, None) is not None]
        if lifted:
            await self._store(place.chat, kept)
        return bool(lifted or opened)

    def _chats(self) -> frozenset[ChatID]:
        return frozenset(chat.id for chat in self._host.chats(self._login))

    async def _of(self, chat: int) -> dict[str, str]:
        if chat not in self._known:
            kept = json.loads(await self._host.load(_key(chat)) or "{}")
            self._known.setdefault(chat, kept)  # somebody else may have been faster
            if len(self._known) > _CHATS:
                self._known.popitem(last=False)
        return self._known[chat]

    async def _store(self, chat: int, kept: dict[str, str]) -> None:
        await self._host.save(_key(chat), json.dumps(kept) if kept else None)


def _key(chat: int) -> str:
    return f"suspended {chat}"
