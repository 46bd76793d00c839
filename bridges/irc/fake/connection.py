"""Somebody's connection to the fake IRC server: their lines in, what they may see out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from bridges.irc.batches import MULTILINE
from bridges.irc.fake.past import REMEMBERS, Past

if TYPE_CHECKING:
    from bridges.irc.fake.server import IRCServer

NAME = "irc.test"
_FEATURES = "CHANTYPES=# PREFIX=(ov)@+ CASEMAPPING=ascii NICKLEN=30 MODES=4 NETWORK=test"
_TAGS, _LABELS, _ECHO = "message-tags", "labeled-response", "echo-message"
_NEEDED = {"TAGMSG": _TAGS, "REDACT": "draft/message-redaction"}  # to see it; and to do it
_ECHOED = frozenset({"PRIVMSG", "NOTICE", *_NEEDED})


class Connection(asyncio.Protocol):
    """`nick` is empty until one was taken."""

    def __init__(self, server: IRCServer) -> None:
        self._server = server
        self._rest = b""
        self._negotiating = self._introduced = self._welcomed = False
        self._written: list[tuple[float, str]] = []
        self.granted: set[str] = set()
        self.nick = ""
        self._silent = False

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

    def stall(self) -> None:
        """It does not break; the server has given it up, and nobody says a word on it again."""
        self._silent = True
        self._server.leaves(self.nick)

    def garble(self) -> None:
        """The server sends a line that holds no command."""
        self._write(f":{NAME}")

    def data_received(self, data: bytes) -> None:
        if self._silent:
            return
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for raw in lines:
            line, tags = raw.decode(), ""
            if line.startswith("@"):
                tags, _, line = line[1:].partition(" ")
            written = (tag.partition("=") for tag in tags.split(";") if tag)
            self._take(line, {name: value for name, _, value in written})

    def show(self, line: str, named: str, *, own: bool, tags: Mapping[str, str]) -> None:
        """Something that happened; its author sees what they said only if they asked for that.

        `tags` are those that its author has given it.
        """
        command = line.split(" ")[1]
        if command in _NEEDED and _NEEDED[command] not in self.granted:
            return
        label = tags.get("label") if own and _LABELS in self.granted else None
        shown = [] if label is None else [f"label={label}"]
        if own and command in _ECHOED and _ECHO not in self.granted:
            if shown:
                self._write(f"@{shown[0]} :{NAME} ACK")
            return
        if _TAGS in self.granted:
            shown += [f"msgid={named}", *client_tags(tags)]
        self._write(f"@{';'.join(shown)} {line}" if shown else line)

    def show_lines(self, source: str, target: str, lines: Sequence[str], named: str) -> None:
        """A message of several lines: one, for who knows that, of which the end comes later."""
        said = [f":{source} PRIVMSG {target} :{line}" for line in lines]
        if MULTILINE not in self.granted:
            for number, line in enumerate(said):
                self._write(f"@msgid={named}.{number} {line}" if _TAGS in self.granted else line)
            return
        self._write(f"@msgid={named} :{source} BATCH +{named} {MULTILINE} {target}")
        self._write(f"@batch={named} {said[0]}")

        def rest() -> None:
            for line in said[1:]:
                self._write(f"@batch={named} {line}")
            self._write(f":{source} BATCH -{named}")

        asyncio.get_running_loop().call_soon(rest)

    def _take(self, line: str, tags: Mapping[str, str]) -> None:
        head, _, last = line.partition(" :")
        command, *params = head.split()
        params += [last] if " :" in line else []
        match command, params:
            case "CAP", _:
                self._capability(params)
            case "NICK", (nick,):
                self._take_nick(nick, tags)
            case "USER", _:
                self._introduced = True
            case "PING", (token,):
                self._write(f":{NAME} PONG {NAME} :{token}")
            case "QUIT", _:
                self._transport.close()
            case "AWAY", _:
                label = f"@label={tags['label']} " if "label" in tags else ""
                self._write(f"{label}:{NAME} 306 {self.nick} :You have been marked as away")
            case "PONG", _:
                pass
            case _:
                if not self._asked(command, params):
                    self._do(command, params, tags)
        if self._introduced and self.nick and not self._negotiating and not self._welcomed:
            self._welcomed = True
            self._welcome()

    def _asked(self, command: str, params: list[str]) -> bool:
        """Whether it changes nothing; then it is answered."""
        match command, params:
            case "NAMES", (channel,):
                self._names(channel)
            case "MODE", (channel,):
                self._numeric("324", channel, "+nt")
            case "TOPIC", (channel,):
                topic = self._server.channel(channel).topic
                self._numeric("332" if topic else "331", channel, topic or "No topic is set")
            case "LIST", _:
                for name, one in self._server.channels.items():
                    self._numeric("322", name, str(len(one.members)), one.topic)
                self._numeric("323", "End of /LIST")
            case "WHO", (name, *_):  # whoever asks is told nothing
                self._numeric("315", name, "End of /WHO list.")
            case "WHOWAS", (nick, *_):
                self._numeric("369", nick, "End of WHOWAS")
            case "WHOIS", (nick,):
                if nick.lower() in self._server.connections:
                    self._numeric("311", nick, nick, "host.test", "*", nick)
                self._numeric("318", nick, "End of /WHOIS list.")
            case _:
                return False
        return True

    def _do(self, command: str, params: list[str], tags: Mapping[str, str]) -> None:
        """Something about a channel, or about somebody."""
        match command, params:
            case "JOIN", (channels, *_):
                for channel in channels.split(","):
                    self._join(channel, tags)
            case "CHATHISTORY", (which, target, *where):
                self._remember(target, self._server.past(target).page(which, *where))
            case "REDACT", (target, message, *_) if not self._server.past(target).has(message):
                self.fail("REDACT", "UNKNOWN_MSGID", target, message, tags=tags)
            case _ if command not in _NEEDED or _NEEDED[command] in self.granted:
                self._server.does(self.nick, command, *params, tags=tags)

    def _capability(self, params: list[str]) -> None:
        """As long as it is spoken of them, nobody is let in."""
        match params:
            case ("LS", *_):
                self._negotiating = True
                self._write(f":{NAME} CAP * LS :{' '.join(sorted(self._server.capabilities))}")
            case ("REQ", wanted):
                self.granted.update(wanted.split())
                self._server.granted |= self.granted
                self._write(f":{NAME} CAP * ACK :{wanted}")
            case ("END",):
                self._negotiating = False

    def _remember(self, target: str, page: list[Past]) -> None:
        """A page of the past, in one batch."""
        reference = f"past{id(page)}"
        self._write(f":{NAME} BATCH +{reference} chathistory {target}")
        for one in page:
            tags = [f"batch={reference}", f"msgid={one.id}", *client_tags(one.tags)]
            self._write(f"@{';'.join(tags)} {one.line}")
        self._write(f":{NAME} BATCH -{reference}")

    def fail(self, command: str, *params: str, tags: Mapping[str, str]) -> None:
        """Not to be done: IRCv3 standard replies."""
        label = f"@label={tags['label']} " if "label" in tags else ""
        self._write(f"{label}:{NAME} FAIL {command} {' '.join(params)} :That cannot be done")

    def _take_nick(self, nick: str, tags: Mapping[str, str]) -> None:
        if nick.lower() in self._server.connections:
            self._write(f":{NAME} 433 * {nick} :Nickname is already in use")
            return
        if self.nick:
            self._server.connections.pop(self.nick, None)
            self._server.connections[nick.lower()] = self
            self._server.does(self.nick, "NICK", nick, tags=tags)
        self.nick = nick.lower()
        self._server.connections[self.nick] = self

    def _welcome(self) -> None:
        self._numeric("001", f"Welcome {self.nick}!{self.nick}@host.test")
        past = " CHATHISTORY=100" if REMEMBERS in self._server.capabilities else ""
        self._write(f":{NAME} 005 {self.nick} {_FEATURES}{past} :are supported by this server")
        self._numeric("422", "MOTD File is missing")

    def _join(self, channel: str, tags: Mapping[str, str]) -> None:
        self._server.does(self.nick, "JOIN", channel, tags=tags)
        if topic := self._server.channel(channel).topic:
            self._numeric("332", channel, topic)
        self._names(channel)

    def _names(self, channel: str) -> None:
        self._numeric("353", "=", channel, self._server.names(channel))
        self._numeric("366", channel, "End of /NAMES list.")

    def _numeric(self, code: str, *params: str) -> None:
        *middle, last = params
        self._write(" ".join([f":{NAME}", code, self.nick or "*", *middle, f":{last}"]))

    def _write(self, line: str) -> None:
        at = asyncio.get_running_loop().time()
        self._written = [*self._written[-50:], (at, line.replace("\x01", ""))]
        self._transport.write(f"{line}\r\n".encode())


def client_tags(tags: Mapping[str, str]) -> list[str]:
    """Those that a server hands on as they are, written."""
    return [f"{name}={value}" for name, value in tags.items() if name.startswith("+")]
