"""The real IRC adapter, on a server that keeps nothing: what was in its socket may be missing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bridgekit.bridge import Bridge
from bridgekit.clock import Clock
from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.ids import NetworkName
from bridgekit.testing.crash import Allowed, End, MatrixEnd, World, within
from bridgekit.testing.rig import Rig
from bridges.irc import IRCAdapter
from bridges.irc.batches import MULTILINE
from bridges.irc.config import Flood, IRCConfig, Ping
from bridges.irc.fake import Channel, IRCServer
from tests.crash import irc, rooms

NAME = NetworkName("irc")
CHANNEL = irc.CHANNEL
ALIAS = f"#irc_{CHANNEL}:example.org"
MISSED = "may be missing"
SERVERS: Mapping[str, Collection[str]] = {
    "irc": (),
    "ircv3": (
        *("batch", "echo-message", "labeled-response", "message-tags", "multi-prefix"),
        *("server-time", MULTILINE),
    ),
}


class IRCWorld:
    """Alice is in the room of a channel; Bob, Carol and others are on the server."""

    def __init__(self, server: IRCServer, matrix: MatrixEnd) -> None:
        self.server, self.matrix = server, matrix
        self.alice = matrix.alice
        self.until, self.seen = matrix.until, matrix.seen
        self.texts: list[str] = []

    @property
    def room(self) -> str:
        return self.matrix.room

    async def listening(self) -> None:
        """The bridge is in the channel."""
        await self.until(lambda: "bridgekit" in self.server.channel(CHANNEL).members)

    async def does(self, nick: str, command: str, *params: str) -> None:
        """Somebody on IRC does something, when the bridge is there to see it."""
        await self.listening()
        self.server.does(nick, command, *params)

    async def says(self, nick: str, text: str, command: str = "PRIVMSG") -> None:
        self.texts.append(text)
        await self.does(nick, command, CHANNEL, text)

    async def acts(self, nick: str, text: str) -> None:
        self.texts.append(text)
        await self.does(nick, "PRIVMSG", CHANNEL, f"\x01ACTION {text}\x01")

    async def says_lines(self, nick: str, *lines: str) -> None:
        """Somebody says several lines at once: one message, where the server has that."""
        whole = MULTILINE in self.server.capabilities
        self.texts += ["\n".join(lines)] if whole else lines
        await self.listening()
        self.server.says_lines(nick, CHANNEL, *lines)
        await self.shown(self.texts[-1])

    async def whispers(self, nick: str, text: str) -> None:
        """Somebody says something to Alice's own connection, which is there."""
        await self.until(lambda: "alice" in self.server.connections)
        self.texts.append(text)
        self.server.does(nick, "PRIVMSG", "alice", text)

    async def shown(self, text: str) -> None:
        """It is in the room, or was in a socket that broke."""
        await self.until(lambda: self.matrix.shows(text) or self._unread(text))

    async def heard(self, text: str) -> None:
        """It is on IRC, or nobody can tell."""
        await self.until(
            lambda: any(one.text == text for one in self.server.heard) or self.matrix.told(text)
        )

    def _unread(self, text: str) -> bool:
        parts = text.split("\n")  # of a message of several lines, each is one
        return any(within(part, line) for part in parts for line in self.server.unread)

    def bridge(self, folder: Path) -> Bridge:
        return self.matrix.bridge(folder)

    async def prepare(self) -> None:
        await self.matrix.enter(ALIAS)
        for nick in ("bob", "carol"):
            await self.does(nick, "JOIN", CHANNEL)
        await self.says("bob", "hello")
        await self.seen("hello")
        await self.alice.say(self.room, "good day")
        await self.heard("good day")

    async def end(self) -> End:
        server = self.server
        missing = [text for text in self.texts if self._unread(text)]
        shown = [text for text in self.texts if self.matrix.shows(text)]
        # A gap is told of when somebody speaks: of what was said last, nobody is told yet.
        before = self.texts[: self.texts.index(shown[-1])]
        lost = [text for text in before if text in missing and text not in shown]
        silent = [] if self.matrix.told_of(MISSED) else lost
        targets = dict.fromkeys(one.target for one in server.heard)
        return self.matrix.end(
            {f"irc {target}": server.said(target) for target in targets},
            [*_facts(server)],
            missing=missing,
            trouble=[f"lost in silence: {text}" for text in silent],
        )


def _facts(server: IRCServer) -> Sequence[str]:
    """Without Alice's own connection: after a restart it enters with her next word."""
    return [
        *(f"{name}: topic {one.topic}" for name, one in server.channels.items()),
        *(f"{name}: {_others(one)}" for name, one in server.channels.items()),
        *(f"{name}: banned {one.banned}" for name, one in server.channels.items()),
        *(f"{who} is invited to {where}" for who, where in server.invited),
    ]


def _others(channel: Channel) -> list[str]:
    return sorted(f"{nick} +{modes}" for nick, modes in channel.members.items() if nick != "alice")


@dataclass(frozen=True, slots=True)
class OnIRC:
    """One play on a server of one kind; see `OnLoopback`."""

    play: str
    profile: str

    @property
    def name(self) -> str:
        return f"{self.play}-{self.profile}"

    @property
    def events(self) -> int:
        return irc.PLAYS[self.play].events

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        server = IRCServer(SERVERS[self.profile])
        await server.listen()
        settings = IRCConfig(
            host="127.0.0.1",
            port=server.port,
            tls=False,
            flood=Flood(rate=5),
            ping=Ping(interval=7200),
        )
        network = Network(NAME, IRCAdapter, settings, (ChatLink(chat=CHANNEL),))
        rig = Rig(folder, clock, homeserver_clock=clock, networks=(), others=[network])
        play = irc.PLAYS[self.play]
        async with rig:
            matrix = MatrixEnd(rig, Allowed(meant=play.tells, perhaps=[MISSED]))
            if play.own_room:
                matrix.room = await rooms.own_room(matrix.alice)
                link = ChatLink(chat=CHANNEL, room=matrix.room)
                rig.others[NAME] = replace(network, links=(link,))
            yield _Played(server, matrix, play)


class _Played(IRCWorld):
    def __init__(self, server: IRCServer, matrix: MatrixEnd, play: irc.Play) -> None:
        super().__init__(server, matrix)
        self._play = play

    async def prepare(self) -> None:
        await super().prepare()
        if self._play.prepare is not None:
            await self._play.prepare(self)

    async def play(self) -> None:
        await self._play.act(self)
