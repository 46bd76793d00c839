"""An IRC server with people on it, for a loop without sockets as for any other.

It lets everybody in everywhere and to everything: what it checks is what the bridge makes of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import ClassVar

from bridges.irc.fake.connection import NAME, Connection
from bridges.irc.fake.past import Past, Pasts

_NO_TAGS: Mapping[str, str] = MappingProxyType({})
_SAID = ("PRIVMSG", "NOTICE")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line that a connection sent, as people saw it; of an action, "ACTION" and the text."""

    nick: str
    target: str
    text: str
    command: str = "PRIVMSG"


@dataclass(slots=True)
class Channel:
    """`members` are nicks, with the letters of their modes."""

    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    banned: list[str] = field(default_factory=list)
    modes: set[str] = field(default_factory=set)

    def take(self, nick: str, command: str, params: Sequence[str]) -> None:
        """Somebody has sent a command about this channel; `params` are behind its name."""
        match command, params:
            case "JOIN", _:
                self.members.setdefault(nick, "")
            case "PART", _:
                self.members.pop(nick, None)
            case "KICK", (who, *_):
                self.members.pop(who.lower(), None)
            case "TOPIC", (topic,):
                self.topic = topic
            case "MODE", (modes, *arguments):
                for mode in modes[1:]:
                    self._mode(mode, arguments, added=modes[0] == "+")
            case _:
                raise ValueError(f"{NAME} knows no {command} {params}")

    def _mode(self, mode: str, arguments: list[str], *, added: bool) -> None:
        if mode in "ov":
            who = arguments.pop(0).lower()
            kept = self.members.get(who, "").replace(mode, "")
            self.members[who] = kept + mode if added else kept
        elif mode == "b":
            mask = arguments.pop(0)
            self.banned = [one for one in self.banned if one != mask]
            self.banned += [mask] if added else []
        else:
            (self.modes.add if added else self.modes.discard)(mode)


class IRCServer:
    """`capabilities` are those of IRCv3 that it offers; `port` is there once it listens."""

    connects: ClassVar[type[Connection]] = Connection

    def __init__(self, capabilities: Collection[str] = ()) -> None:
        self.capabilities = frozenset(capabilities)
        self.channels: dict[str, Channel] = {}
        self.connections: dict[str, Connection] = {}
        self.heard: list[Spoken] = []
        self.invited: list[tuple[str, str]] = []
        self.granted: set[str] = set()
        """Of the capabilities, those that a connection has asked for."""
        self.unread: list[str] = []
        """What was still in a socket when it was cut: a server keeps nothing."""
        self.port = 0
        self._messages = 0
        self._pasts: dict[str, Pasts] = {}

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: self.connects(self), "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Let nobody in any more, and everybody go."""
        self._listening.close()
        for connection in list(self.connections.values()):
            connection.drop()

    def channel(self, name: str) -> Channel:
        return self.channels.setdefault(name.lower(), Channel())

    def past(self, target: str) -> Pasts:
        """What was said in a channel, or to somebody."""
        return self._pasts.setdefault(target.lower(), Pasts())

    def said(self, target: str) -> list[str]:
        """What the bridge said in a channel, or to somebody, with who says it, in order."""
        return [f"{one.nick}: {one.text}" for one in self.heard if one.target == target]

    # What people do, and connections.

    def does(
        self, nick: str, command: str, *params: str, tags: Mapping[str, str] = _NO_TAGS
    ) -> str:
        """All who are concerned see it, with the `tags` that it was given; returns its ID."""
        nick = nick.lower()
        if command == "REDACT":
            self.past(params[0]).forget(params[1])
        before = set(self._concerned(nick, command, params))
        self._take(nick, command, params)
        if command == "NICK":
            nick, source = params[0].lower(), nick
        else:
            source = nick
        self._messages += 1
        line = f":{source}!{source}@host.test {command} {_params(params)}"
        named = f"m{self._messages}"
        if command in _SAID:
            told = Past(named, datetime.now(UTC), line, tags)
            self.past(params[0]).messages.append(told)
        for other in before | set(self._concerned(nick, command, params)):
            if other in self.connections:
                self.connections[other].show(line, named, own=other == nick, tags=tags)
        return named

    def says_lines(self, nick: str, target: str, *lines: str) -> None:
        """Somebody says something of several lines in a channel."""
        self._messages += 1
        named, source = f"m{self._messages}", f"{nick}!{nick}@host.test"
        for other in self.channel(target).members:
            if other in self.connections and other != nick:
                self.connections[other].show_lines(source, target, lines, named)

    def leaves(self, nick: str, why: str = "Connection closed") -> None:
        """Their connection has ended."""
        self.connections.pop(nick, None)
        self.does(nick, "QUIT", why)

    def names(self, channel: str) -> str:
        signs = {"o": "@", "v": "+"}
        members = self.channel(channel).members.items()
        return " ".join("".join(signs[mode] for mode in modes) + nick for nick, modes in members)

    def _concerned(self, nick: str, command: str, params: tuple[str, ...]) -> Iterator[str]:
        """Who sees it, its author too."""
        yield nick
        match command, params:
            case (("PRIVMSG" | "NOTICE" | "TAGMSG" | "REDACT"), (target, *_)):
                yield from self.channels[target.lower()].members if target[0] == "#" else [target]
            case (("JOIN" | "PART" | "KICK" | "TOPIC" | "MODE"), (channel, *_)):
                yield from self.channel(channel).members
            case "INVITE", (who, _):
                yield who.lower()
            case (("NICK" | "QUIT"), _):
                for one in self._of(nick):
                    yield from one.members

    def _take(self, nick: str, command: str, params: tuple[str, ...]) -> None:
        match command, params:
            case ("PRIVMSG" | "NOTICE", (target, text)):
                if nick in self.connections:
                    said = text.replace("\x01", "")
                    self.heard.append(Spoken(nick, target.lower(), said, command))
            case "INVITE", (who, where):
                self.invited.append((who.lower(), where))
            case "NICK", (new,):
                for one in self._of(nick):
                    one.members[new.lower()] = one.members.pop(nick)
            case "QUIT", _:
                for one in self._of(nick):
                    del one.members[nick]
            case _, (where, *rest) if command not in ("REDACT", "TAGMSG"):
                self.channel(where).take(nick, command, rest)

    def _of(self, nick: str) -> list[Channel]:
        return [channel for channel in self.channels.values() if nick in channel.members]


def _params(params: tuple[str, ...]) -> str:
    *middle, last = params
    return " ".join([*middle, f":{last}"])
