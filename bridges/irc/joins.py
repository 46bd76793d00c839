"""The channels that are being joined: one line for those asked for together, one answer each."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
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

    Before it, such a list answers somebody who asked who is there.
    """

    fold: Callable[[str], str]
    keys: Mapping[ChatID, str]
    unwanted: set[ChatID] = field(default_factory=set)
    """Channels that the server puts us into in the place of another."""
    _waiting: dict[ChatID, asyncio.Future[None]] = field(default_factory=dict)
    _unwritten: list[ChatID] = field(default_factory=list)
    _joined: set[ChatID] = field(default_factory=set)  # of those that somebody waits for

    def __contains__(self, chat: object) -> bool:
        return chat in self._waiting

    def want(self, chat: ChatID) -> asyncio.Future[None]:
        """What will hold the outcome; shared by all who want the same channel."""
        if chat not in self._waiting:
            self._waiting[chat] = asyncio.get_running_loop().create_future()
            self._unwritten.append(chat)
        return self._waiting[chat]

    def lines(self) -> list[str]:
        """The JOINs for what was wanted since the last call."""
        wanted, self._unwritten = self._unwritten, []
        # Keys are matched to channels by their place, so that those with one come first.
        keyed = [chat for chat in wanted if chat in self.keys]
        written = [compose("JOIN", chat, self.keys[chat]) for chat in keyed]
        return written + _gathered([chat for chat in wanted if chat not in self.keys])

    def forget(self, chat: ChatID) -> None:
        """Nobody waits any more; a later answer means nothing."""
        self._waiting.pop(chat, None)
        self._joined.discard(chat)

    def take(self, line: Line) -> bool:
        """Whether `line` is the answer to a JOIN of ours."""
        if line.command == "JOIN":  # the first that we see of a channel is our own
            self._joined |= {ChatID(self.fold(line.param(0)))} & self._waiting.keys()
        elif line.command == "366" and (of := ChatID(self.fold(line.param(1)))) in self._joined:
            self._entered(of)
        if line.command in JOIN_NUMERICS:
            named = (ChatID(self.fold(param)) for param in line.params)
            chat = next((chat for chat in named if chat in self._waiting), None)
            if chat is not None:
                waiting = self._waiting[chat]
                self.forget(chat)
                self._forwarded(line)
                _fail(waiting, refused_join(line, chat))
                return True
        return False

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


def _fail(waiting: asyncio.Future[None], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)
        waiting.exception()  # seen: those who waited may all have been cancelled


def _gathered(chats: Sequence[ChatID]) -> list[str]:
    lists: list[list[ChatID]] = []
    size = 0
    for chat in chats:
        size += len(chat.encode()) + 1
        if not lists or size > _ROOM:
            lists.append([])
            size = len(chat.encode()) + 1
        lists[-1].append(chat)
    return [compose("JOIN", ",".join(group)) for group in lists]
