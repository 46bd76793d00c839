"""Somebody's connection to the fake IRC server: their lines in, what they may see out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tests.adapters.irc.fake.server import IRCServer

NAME = "irc.test"
_FEATURES = "CHANTYPES=# PREFIX=(ov)@+ CASEMAPPING=ascii NICKLEN=30 MODES=4 NETWORK=test"


class Connection(asyncio.Protocol):
    """`nick` is empty until one was taken."""

    def __init__(self, server: IRCServer) -> None:
        self._server = server
        self._rest = b""
        self._granted: set[str] = set()
        self._written: list[tuple[float, str]] = []
        self.nick = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        # Time stands still while anything can be read: what is older, was.
        now = asyncio.get_running_loop().time()
        self._server.unread += [line for at, line in self._written if at == now]
        if self._server.connections.get(self.nick) is self:
            self._server.leaves(self.nick)

    def drop(self) -> None:
        """It breaks, for no reason that anybody is told."""
        self._transport.close()

    def garble(self) -> None:
        """The server sends a line that holds no command."""
        self._write(f":{NAME}")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for raw in lines:
            line, label = raw.decode(), ""
            if line.startswith("@"):
                tags, _, line = line.partition(" ")
                label = tags.removeprefix("@label=")
            self._take(line, label)

    def show(self, line: str, number: int, *, own: bool, label: str) -> None:
        """Something that happened; its author sees what they said only if they asked for that."""
        tags = []
        if own and label and "labeled-response" in self._granted:
            tags.append(f"label={label}")
        said = line.split(" ")[1] in ("PRIVMSG", "NOTICE")
        if own and said and "echo-message" not in self._granted:
            if tags:
                self._write(f"@{tags[0]} :{NAME} ACK")
            return
        if "message-tags" in self._granted:
            tags.append(f"msgid=m{number}")
        self._write(f"@{';'.join(tags)} {line}" if tags else line)

    def _take(self, line: str, label: str) -> None:
        head, _, last = line.partition(" :")
        command, *params = head.split()
        params += [last] if " :" in line else []
        match command, params:
            case "CAP", _:
                self._capability(params)
            case "NICK", (nick,):
                self._take_nick(nick)
            case "USER", _:
                self._welcome()
            case "PING", (token,):
                self._write(f":{NAME} PONG {NAME} :{token}")
            case "JOIN", (channels, *_):
                for channel in channels.split(","):
                    self._join(channel)
            case "QUIT", _:
                self._transport.close()
            case (("WHO" | "NAMES" | "PONG"), _):
                pass
            case "MODE", (channel,):
                self._numeric("324", channel, "+nt")
            case _:
                self._server.does(self.nick, command, *params, label=label)

    def _capability(self, params: list[str]) -> None:
        match params:
            case ("LS", *_):
                self._write(f":{NAME} CAP * LS :{' '.join(sorted(self._server.capabilities))}")
            case ("REQ", wanted):
                self._granted.update(wanted.split())
                self._write(f":{NAME} CAP * ACK :{wanted}")

    def _take_nick(self, nick: str) -> None:
        if nick.lower() in self._server.connections:
            self._write(f":{NAME} 433 * {nick} :Nickname is already in use")
            return
        if self.nick:
            self._server.connections.pop(self.nick, None)
            self._server.connections[nick.lower()] = self
            self._server.does(self.nick, "NICK", nick)
        self.nick = nick.lower()
        self._server.connections[self.nick] = self

    def _welcome(self) -> None:
        self._numeric("001", f"Welcome {self.nick}!{self.nick}@host.test")
        self._write(f":{NAME} 005 {self.nick} {_FEATURES} :are supported by this server")
        self._numeric("422", "MOTD File is missing")

    def _join(self, channel: str) -> None:
        self._server.does(self.nick, "JOIN", channel)
        if topic := self._server.channel(channel).topic:
            self._numeric("332", channel, topic)
        self._numeric("353", "=", channel, self._server.names(channel))
        self._numeric("366", channel, "End of /NAMES list.")

    def _numeric(self, code: str, *params: str) -> None:
        *middle, last = params
        self._write(" ".join([f":{NAME}", code, self.nick or "*", *middle, f":{last}"]))

    def _write(self, line: str) -> None:
        at = asyncio.get_running_loop().time()
        self._written = [*self._written[-50:], (at, line.replace("\x01", ""))]
        self._transport.write(f"{line}\r\n".encode())
