"""What the adapter keeps beside the core's mappings: bounded, small, and only what Telegram omits.

Reactions name no topic and votes no chat, users go by numbers and mentions by usernames. What was
learned from a batch of updates is stored before the batch is acknowledged.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bridgekit import Host, MessageID, RemoteUserID
from bridges.telegram.facts import Facts, Standing
from bridges.telegram.ids import Place

_USERNAMES = 10_000  # in memory; those that were forgotten are looked up
_POLLS = 300  # the latest ones, whose votes and ends are bridged
_BLOCK = 512  # messages whose topics are kept in one value
_BLOCKS = 40  # of one chat
_BANS = 1_000  # the latest ones, in memory
_TOPICS = 1_000  # whose names are in memory
_CHATS = 10_000  # of which it is in memory who may see them
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class PollPlace:
    """Where a poll is: what a vote does not tell."""

    chat: str
    message: MessageID
    sender: RemoteUserID | None


class Memory:
    """Of one bot. What `note…` changes is stored by `store`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._usernames: OrderedDict[str, RemoteUserID] = OrderedDict()
        self._polls: OrderedDict[str, PollPlace] = OrderedDict()
        self._blocks: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()
        self._forums: set[int] = set()
        self._bans: OrderedDict[tuple[int, RemoteUserID], None] = OrderedDict()
        self._closed: OrderedDict[int, bool] = OrderedDict()
        self._noted: dict[tuple[int, int], dict[str, int]] = {}
        self._changed: dict[str, str | None] = {}
        self._storing = asyncio.Lock()

    async def load(self) -> None:
        """Once, before anything is converted."""
        for name, kept in _object(await self._host.load("polls")).items():
            chat, message, sender = kept
            self._polls[name] = PollPlace(chat, MessageID(message), sender)

        self._forums |= set(json.loads(await self._host.load("forums") or "[]"))

    async def store(self) -> None:
        """All that was noted since; durable on return, also where another call was at it."""
        async with self._storing:
            await self._store_topics()
            while self._changed:
                key, value = next(iter(self._changed.items()))
                await self._host.save(key, value)
                if self._changed[key] == value:
                    del self._changed[key]

    async def learn(self, facts: Facts, place: Callable[[int, int | None], Place]) -> None:
        """Note what later updates will leave out, and look up what this one does.

        `place` is the bridged chat that a topic belongs to.
        """
        for name, user in facts.usernames:
            await self._note_person(name, user)
        await self._find_people(facts.mentioned)
        if facts.reacted_to is not None:
            chat, message = facts.reacted_to
            await self._block(_block(chat, message // _BLOCK))
        if facts.forum is not None:
            self.note_forum(facts.forum)
        if facts.standing is not None:
            self._note_standing(facts.standing)
        if facts.topic is not None:
            self.note_topic(facts.topic.chat, facts.number, facts.topic.topic or 0)
            await self._name(facts.topic, facts)
        if (poll := facts.poll) is not None:
            here = place(poll.place.chat, poll.place.topic).id
            self.note_poll(poll.id, PollPlace(here, poll.message, poll.sender))

    async def _name(self, topic: Place, facts: Facts) -> None:
        """That it is a topic is worth knowing also where nobody says what it is called."""
        if facts.is_named is not None:
            await self.note_topic_name(topic, facts.is_named, news=True)
        else:
            await self.note_topic_name(topic, facts.was_named or "", news=False)

    # Usernames.

    async def _note_person(self, name: str, user: RemoteUserID) -> None:
        """Who goes by which username; stored where that is news."""
        if self._usernames.get(name) == user:
            return
        self._remember(name, user)
        if await self._host.load(_username(name)) != user:
            self._changed[_username(name)] = user

    async def _find_people(self, names: Iterable[str]) -> None:
        """Have those who are mentioned at hand."""
        for name in {name.lower() for name in names} - self._usernames.keys():
            found = await self._host.load(_username(name))
            if found is not None:
                self._remember(name, RemoteUserID(found))

    def user_called(self, name: str) -> RemoteUserID | None:
        return self._usernames.get(name.lower())

    def _remember(self, name: str, user: RemoteUserID) -> None:
        self._usernames[name] = user
        if len(self._usernames) > _USERNAMES:
            self._usernames.popitem(last=False)

    # Bans, of which Telegram also says in the chat that somebody was put out.

    def _note_standing(self, standing: Standing) -> None:
        self._bans.pop((standing.chat, standing.user), None)
        if standing.banned:
            self._bans[standing.chat, standing.user] = None
            if len(self._bans) > _BANS:
                self._bans.popitem(last=False)

    def is_banned(self, chat: int, user: RemoteUserID) -> bool:
        """Whether that is the last that was told of them, not long ago."""
        return (chat, user) in self._bans

    # Polls.

    def note_poll(self, poll: str, place: PollPlace) -> None:
        self._polls[poll] = place
        if len(self._polls) > _POLLS:
            self._polls.popitem(last=False)
        kept = {name: [one.chat, one.message, one.sender] for name, one in self._polls.items()}
        self._changed["polls"] = json.dumps(kept)

    def poll(self, poll: str) -> PollPlace | None:
        return self._polls.get(poll)

    # Forums, which alone have topics.

    def note_forum(self, chat: int) -> None:
        if chat not in self._forums:
            self._forums.add(chat)
            self._changed["forums"] = json.dumps(sorted(self._forums))

    def is_forum(self, chat: int) -> bool:
        return chat in self._forums

    # Chats that not everybody may see.

    async def is_closed(self, chat: int) -> bool | None:
        """What is known of it; None: nothing yet."""
        known = self._closed.get(chat)
        if known is None and (kept := await self._host.load(_closed(chat))) is not None:
            known = kept == _YES
            self._remember_closed(chat, closed=known)
        return known

    def note_closed(self, chat: int, *, closed: bool) -> None:
        self._remember_closed(chat, closed=closed)
        self._changed[_closed(chat)] = _YES if closed else _NO

    def _remember_closed(self, chat: int, *, closed: bool) -> None:
        self._closed[chat] = closed
        if len(self._closed) > _CHATS:
            self._closed.popitem(last=False)

    # Topics: which message is in which, and what they are called.

    def note_topic(self, chat: int, message: int, topic: int) -> None:
        self._noted.setdefault((chat, message // _BLOCK), {})[str(message)] = topic

    def topic_of(self, chat: int, message: int) -> int | None:
        noted = self._noted.get((chat, message // _BLOCK), {})
        kept = self._blocks.get(_block(chat, message // _BLOCK), {})
        return noted.get(str(message), kept.get(str(message)))

    async def _block(self, key: str) -> dict[str, int]:
        if key not in self._blocks:
            kept = _object(await self._host.load(key))
            self._blocks.setdefault(key, kept)  # somebody else may have been faster
            if len(self._blocks) > 2 * _BLOCKS:
                self._blocks.popitem(last=False)
        return self._blocks[key]

    async def _store_topics(self) -> None:
        while self._noted:
            chat, number = next(iter(self._noted))
            block = await self._block(_block(chat, number))
            topics = self._noted.pop((chat, number))
            if not block and number >= _BLOCKS:
                self._changed[_block(chat, number - _BLOCKS)] = None
            block |= topics
            self._changed[_block(chat, number)] = json.dumps(block)

    async def note_topic_name(self, place: Place, name: str, *, news: bool) -> None:
        """`news`: it is called so from now on; else it was once, which may be all that is known."""
        known = await self.topic_name(place)
        if known is None or (name and known != name and (news or not known)):
            self._names[place.id] = name
            self._changed[f"topic {place.id}"] = name
            if len(self._names) > _TOPICS:
                self._names.popitem(last=False)

    async def topic_name(self, place: Place) -> str | None:
        """What a topic is called: "" if nobody has ever said so; None for what is none."""
        known = self._names.get(place.id)
        return known if known is not None else await self._host.load(f"topic {place.id}")


def _username(name: str) -> str:
    return f"username {name}"


def _closed(chat: int) -> str:
    return f"by invitation {chat}"


def _block(chat: int, number: int) -> str:
    return f"topics {chat} {number}"


def _object(kept: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kept) if kept else {}
    return found
