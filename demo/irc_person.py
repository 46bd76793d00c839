"""Somebody on IRC with a plain client: what they say, and what they are shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """A line as an IRC client shows it. `where` is a channel, or our own nick.

    `words` are the parameters, without a text behind a colon.
    """

    nick: str
    command: str
    where: str
    text: str
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class IRCPerson:
    """One connection; `lines` is everything that was shown, in order."""

    nick: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    lines: list[Line] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    shown: Callable[[Line], None] = lambda _line: None

    def say(self, where: str, text: str) -> None:
        self.send(f"PRIVMSG {where} :{text}")

    def act(self, where: str, text: str) -> None:
        self.say(where, f"\x01ACTION {text}\x01")

    def send(self, line: str) -> None:
        self.writer.write(f"{line}\r\n".encode())

    def texts(self, where: str, by: str | None = None) -> list[str]:
        """What was said in a channel, or to us, by others, or by one of them."""
        return [
            line.text
            for line in self.lines
            if line.command == "PRIVMSG" and line.where == where and by in (None, line.nick)
        ]

    def operates(self) -> bool:
        """Whether the server made us the operator of a channel that we were the first in."""
        return any(
            line.command == "353" and f"@{self.nick}" in line.text.split() for line in self.lines
        )

    def present(self, nick: str) -> bool:
        """Whether somebody was last seen here, or coming, rather than going."""
        here = False
        for line in self.lines:
            if line.command == "353":  # the list of names, with a sign before some
                here = here or nick in [name.lstrip("~&@%+") for name in line.text.split()]
            elif line.nick == nick:
                here = line.command not in ("PART", "QUIT")
        return here

    async def wait(self, condition: Callable[[], bool], within: float = 60.0) -> None:
        """Return once `condition` holds; asked again with every line."""
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(condition)

    async def listen(self) -> None:
        while raw := await self.reader.readline():
            line = _parse(raw.decode("utf-8", "replace").rstrip("\r\n"))
            if line.command == "PING":
                self.send(f"PONG :{line.text}")
            async with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
            self.shown(line)


@asynccontextmanager
async def irc_person(
    port: int, nick: str, *channels: str, shown: Callable[[Line], None] = lambda _line: None
) -> AsyncIterator[IRCPerson]:
    """Somebody who is connected, and in these channels."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    person = IRCPerson(nick, reader, writer, shown=shown)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(person.listen())
        try:
            person.send(f"NICK {nick}")
            person.send(f"USER {nick} 0 * :{nick}")
            await person.wait(lambda: any(line.command == "001" for line in person.lines))
            for channel in channels:
                person.send(f"JOIN {channel}")
                await person.wait(lambda: any(_is_end_of_names(one) for one in person.lines))
            yield person
        finally:
            listening.cancel()
            writer.close()


def _is_end_of_names(line: Line) -> bool:
    return line.command == "366"


def _parse(raw: str) -> Line:
    prefix = ""
    if raw.startswith(":"):
        prefix, _, raw = raw[1:].partition(" ")
    head, _, trailing = raw.partition(" :")
    command, *words = head.split()
    where = words[0] if words else trailing
    text = trailing or (words[-1] if words else "")
    return Line(prefix.partition("!")[0], command.upper(), where, text, tuple(words))
