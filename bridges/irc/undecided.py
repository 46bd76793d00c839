"""Bans of addresses, set while it is not known of all who are there where they are connected from.

The server is asked. Whoever turns out to be meant is banned, also if they were put out meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bridgekit import ChatID, RemoteUserID
from bridges.irc.masks import Source, matching
from bridges.irc.wire import compose

_MOST = 50  # bans of one channel, and people, of which an answer is awaited


@dataclass(frozen=True, slots=True)
class Banned:
    """Somebody for whom a mask is; `out`: they are not in the channel any more."""

    chat: ChatID
    mask: str
    actor: RemoteUserID | None
    out: bool


@dataclass(slots=True)
class Undecided:
    """As one connection sees it. `fold` is the network's case mapping; `want` asks a line."""

    fold: Callable[[str], str]
    want: Callable[[str], None]
    _masks: dict[ChatID, dict[str, RemoteUserID | None]] = field(default_factory=dict)
    _asked: set[ChatID] = field(default_factory=set)
    _out: dict[RemoteUserID, set[ChatID]] = field(default_factory=dict)

    def set(self, chat: ChatID, mask: str, actor: RemoteUserID | None) -> None:
        """A mask was banned that may be for somebody there of whom too little is known."""
        if chat not in self._asked:
            self._asked.add(chat)
            self.want(compose("WHO", chat))
        masks = self._masks.setdefault(chat, {})
        if len(masks) < _MOST:
            masks[mask] = actor

    def lifted(self, chat: ChatID, mask: str) -> None:
        self._masks.get(chat, {}).pop(mask, None)

    def put_out(self, chat: ChatID, user: RemoteUserID, nick: str) -> None:
        """Somebody of whom too little is known has to leave: no list of who is there has them."""
        if self._masks.get(chat) and len(self._out) < _MOST:
            self._out.setdefault(user, set()).add(chat)
            self.want(compose("WHO", nick))

    def told(self, source: Source) -> Iterator[Banned]:
        """Where somebody is connected from."""
        out = self._out.get(RemoteUserID(self.fold(source.nick)), set())
        for chat, masks in self._masks.items():
            for mask, actor in masks.items():
                if matching(mask, self.fold)(str(source)):
                    yield Banned(chat, mask, actor, out=chat in out)

    def ended(self, asked: str) -> None:
        """All that there is to tell of a channel, or of somebody, was told."""
        name = self.fold(asked)
        self._asked.discard(ChatID(name))
        self._out.pop(RemoteUserID(name), None)
        open_ = self._asked.union(*self._out.values())
        self._masks = {chat: masks for chat, masks in self._masks.items() if chat in open_}
