"""An IRC server that costs next to nothing and offers no capabilities, as many real ones do.

It lets everybody in everywhere, shows a channel's lines to all who are in it, says who that is, and
counts.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator

from benchmarks.ends.arrivals import Arrivals
from benchmarks.ends.said import ON_IRC, ON_MATRIX, nick, person_of, place_of
from benchmarks.ends.wire import Wire

NAME = b"irc.example.org"
_NAMES = 12  # of 30 bytes at most, in a line of 512


class IRCServer:
    """What all connections share. `crowd`: who is in each channel (0: one of its own)."""

    def __init__(self) -> None:
        self.arrivals = Arrivals(ON_MATRIX, ours=ON_IRC)
        self.members: dict[bytes, set[IRCConnection]] = defaultdict(set)
        self.nicks: set[bytes] = set()
        self.signed_in: set[IRCConnection] = set()
        self.crowd = 0
        self.port = 0
        self._crowd: list[bytes] = []

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: IRCConnection(self), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    def people(self, crowd: int) -> None:
        self.crowd = crowd
        self._crowd = [nick(number).encode() for number in range(crowd)]

    def names(self, channel: bytes) -> Iterator[bytes]:
        """Who is in it, as many as a line may hold at a time."""
        there = [client.nick for client in self.members[channel]]
        there += self._crowd or [b"p" + channel[2:]]
        for first in range(0, len(there), _NAMES):
            yield b" ".join(there[first : first + _NAMES])

    def say(self, said: Iterable[tuple[bytes, bytes]]) -> int:
        """Show lines to whoever is in their channels; how many were shown to nobody."""
        pending: dict[IRCConnection, list[bytes]] = defaultdict(list)
        unheard = 0
        for channel, line in said:
            listeners = self.members.get(channel)
            unheard += not listeners
            for client in listeners or ():
                pending[client].append(line)
        for client, lines in pending.items():
            client.transport.write(b"".join(lines))
        return unheard


class IRCConnection(Wire):
    """Somebody who is connected: all of them are the bridge's."""

    def __init__(self, server: IRCServer) -> None:
        self._server = server
        self._data = b""
        self.nick = b"*"
        self._source = b""
        self._introduced = False
        self._channels: set[bytes] = set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        others: set[IRCConnection] = set()
        for channel in self._channels:
            self._server.members[channel].discard(self)
            others |= self._server.members[channel]
        for other in others:
            if not other.transport.is_closing():
                other.transport.write(b":%b QUIT :gone\r\n" % self._source)
        self._server.nicks.discard(self.nick)
        self._server.signed_in.discard(self)

    def data_received(self, data: bytes) -> None:
        *lines, self._data = (self._data + data).split(b"\n")
        answers: list[bytes] = []
        for line in lines:
            command, _, rest = line.rstrip(b"\r").partition(b" ")
            if command == b"PRIVMSG":
                self._message(line, rest, answers)
            elif command == b"PING":
                answers.append(b":%b PONG %b :%b" % (NAME, NAME, rest.lstrip(b":")))
            else:
                self._other(command.upper(), rest, answers)
        if answers:
            self.transport.write(b"\r\n".join(answers) + b"\r\n")

    def _message(self, line: bytes, rest: bytes, answers: list[bytes]) -> None:
        channel, _, text = rest.rstrip(b"\r").partition(b" ")
        channel, text, who = channel.lower(), text.removeprefix(b":"), self.nick
        if channel not in self._channels:
            answers.append(b":%b 404 %b %b :Cannot send" % (NAME, self.nick, channel))
            return
        if not text[:1].isdigit():  # somebody's name is before it
            who, _, text = text.partition(b" ")
        shown = text.decode("utf-8", "replace")
        self._server.arrivals.take(shown, place_of(channel), person_of(who))
        relayed = b":%b %b\r\n" % (self._source, line.rstrip(b"\r"))
        for other in self._server.members[channel]:
            if other is not self:
                other.transport.write(relayed)

    def _other(self, command: bytes, rest: bytes, answers: list[bytes]) -> None:
        if command == b"CAP":
            if rest.startswith(b"LS"):
                answers.append(b":%b CAP * LS :" % NAME)
        elif command == b"NICK":
            self._take(rest.lstrip(b":").strip(), answers)
        elif command == b"USER":
            self._introduced = True
            self._welcome(answers)
        elif command == b"JOIN":
            for channel in rest.partition(b" ")[0].lstrip(b":").lower().split(b","):
                self._join(channel, answers)
        elif command == b"MODE" and b" " not in rest.strip():
            answers.append(b":%b 324 %b %b +nt" % (NAME, self.nick, rest))
        elif command == b"WHO":
            answers.append(b":%b 315 %b %b :End of WHO" % (NAME, self.nick, rest))
        elif command == b"QUIT":
            self.transport.close()

    def _take(self, nick: bytes, answers: list[bytes]) -> None:
        if nick in self._server.nicks:
            answers.append(b":%b 433 * %b :Nickname is already in use" % (NAME, nick))
            return
        self._server.nicks.discard(self.nick)
        self._server.nicks.add(nick)
        self.nick, self._source = nick, b"%b!u@host.example.org" % nick
        self._welcome(answers)

    def _welcome(self, answers: list[bytes]) -> None:
        """Once it has a nick and has said who it is."""
        if not self._source or not self._introduced or self in self._server.signed_in:
            return
        self._server.signed_in.add(self)
        supported = b"CHANTYPES=# PREFIX=(ov)@+ CASEMAPPING=rfc1459 NICKLEN=30 NETWORK=bench"
        for numeric, text in (
            (b"001", b":Welcome " + self._source),
            (b"005", supported + b" :are supported"),
            (b"376", b":End of MOTD"),
        ):
            answers.append(b":%b %b %b %b" % (NAME, numeric, self.nick, text))

    def _join(self, channel: bytes, answers: list[bytes]) -> None:
        members = self._server.members[channel]
        joined = b":%b JOIN %b" % (self._source, channel)
        for other in members:
            if other is not self:
                other.transport.write(joined + b"\r\n")
        members.add(self)
        self._channels.add(channel)
        listed = (
            b":%b 353 %b = %b :%b" % (NAME, self.nick, channel, names)
            for names in self._server.names(channel)
        )
        answers += [joined, *listed]
        answers.append(b":%b 366 %b %b :End of NAMES" % (NAME, self.nick, channel))
