"""The channels that are being joined: as many in a line as fit, and one answer for each.

While no answer to a line has come the next one waits: so it goes out full, and at the pace of a
server that lets us wait.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bridgekit import ChatID
from bridges.irc.config import IRCConfig
from bridges.irc.refusals import JOIN_NUMERICS, refused_join
from bridges.irc.wire import LIMIT, Line, compose

_ROOM = LIMIT - 2 - len("JOIN  ")


def keys_of(config: IRCConfig, fold: Callable[[str], str]) -> dict[ChatID, str]:
    """The keys of channels, as an operator has set them."""
    return {ChatID(fold(name)): key.get_secret_value() for name, key in config.keys.items()}


@dataclass(slots=True)
class Joins:
    """Who waits for which channel. The list of names that follows a JOIN ends the wait.

    Before it, such a list answers somebody who asked who is there. `most` is how many channels the
    server takes in one line; None: it does not say.
    """

    fold: Callable[[str], str]
    keys: Mapping[ChatID, str]
    most: int | None = None
    unwanted: set[ChatID] = field(default_factory=set)
    """Channels that the server puts us into in the place of another."""
    _waiting: dict[ChatID, asyncio.Future[None]] = field(default_factory=dict)
    _unwritten: dict[ChatID, str] = field(default_factory=dict)  # with their keys
    _asked: frozenset[ChatID] = frozenset()  # in the last line
    _answered: asyncio.Event = field(default_factory=asyncio.Event)  # any of these
    _joined: set[ChatID] = field(default_factory=set)  # of those that somebody waits for

    def __contains__(self, chat: object) -> bool:
        return chat in self._waiting

    def want(self, chat: ChatID) -> asyncio.Future[None]:
        """What will hold the outcome; shared by all who want the same channel.

        Raises `Rejected` for what no line can hold.
        """
        if chat not in self._waiting:
            key = self.keys.get(chat, "").partition(",")[0]  # as servers read it
            compose("JOIN", chat, *filter(None, [key]))
            self._waiting[chat] = asyncio.get_running_loop().create_future()
            self._unwritten[chat] = key
        return self._waiting[chat]

    def unwritten(self, chat: ChatID) -> bool:
        """Whether no line has asked for it yet."""
        return chat in self._unwritten

    async def turn(self, seconds: float) -> None:
        """Until the next line may go out: the server has answered the last, or is silent so long.

        It says nothing where we are in the channels already.
        """
        if self._asked:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._answered.wait()

    def lines(self) -> Iterator[str]:
        """The JOINs for what is wanted and was not written, one after the other."""
        while self._unwritten:
            yield self._line()

    def _line(self) -> str:
        keys: dict[ChatID, str] = {}
        size = 0
        for chat, key in self._unwritten.items():
            size += sum(len(word.encode()) + 1 for word in (chat, key) if word)
            if keys and (size > _ROOM or len(keys) == self.most):
                break
            keys[chat] = key
        for chat in keys:
            del self._unwritten[chat]
        self._asked = frozenset(keys)
        self._answered.clear()
        # Keys are matched to channels by their place, so that those with one come first.
        chats = sorted(keys, key=lambda chat: not keys[chat])
        written = [",".join(chats), ",".join(keys[chat] for chat in chats if keys[chat])]
        return compose("JOIN", *filter(None, written))

    def forget(self, chat: ChatID) -> None:
        """Nobody waits any more; a later answer means nothing."""
        self._waiting.pop(chat, None)
        self._unwritten.pop(chat, None)
        self._joined.discard(chat)

    def take(self, line: Line) -> bool:
        """Whether `line` is the answer to a JOIN of ours."""
        if line.command == "JOIN":  # the first that we see of a channel is our own
            joined = {ChatID(self.fold(line.param(0)))} & self._waiting.keys()
            self._joined |= joined
            self._has_answered(joined)
        elif line.command == "366" and (of := ChatID(self.fold(line.param(1)))) in self._joined:
            self._entered(of)
        if line.command in JOIN_NUMERICS:
            named = (ChatID(self.fold(param)) for param in line.params)
            chat = next((chat for chat in named if chat in self._waiting), None)
            if chat is not None:
                waiting = self._waiting[chat]
                self._has_answered({chat})
                self.forget(chat)
                self._forwarded(line)
                _fail(waiting, refused_join(line, chat))
                return True
        return False

    def _has_answered(self, chats: Collection[ChatID]) -> None:
        if not self._asked.isdisjoint(chats):
            self._answered.set()

    def _forwarded(self, line: Line) -> None:
        """470 names the channel that we asked for, and then the one that we get."""
        if line.command == "470" and (other := ChatID(self.fold(line.param(2)))):
            self.unwanted.add(other)

    def _entered(self, chat: ChatID) -> None:
        waiting = self._waiting.get(chat)
        self.forget(chat)
        if waiting and not waiting.done():
            waiting.set_result(None)

    def lost(self, error: Exception) -> None:
        for waiting in self._waiting.values():
            _fail(waiting, error)
        self._waiting.clear()
        self._joined.clear()
        self._unwritten.clear()
        self._answered.set()


def _fail(waiting: asyncio.Future[None], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)
        waiting.exception()  # seen: those who waited may all have been cancelled
