"""The fake IRC server as the contract wants a network: with what can go wrong on IRC."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from bridgekit import (
    ChatChange,
    ChatInfo,
    Content,
    Membership,
    MemberState,
    Message,
    MessageID,
    RemoteUserID,
    from_plain,
    plain,
)
from bridgekit.testing.contract import FakeNetwork, Heard
from bridges.irc.config import Flood, IRCConfig
from tests.adapters.irc.fake.connection import NAME, Connection
from tests.adapters.irc.fake.server import IRCServer


class TroubledConnection(Connection):
    """Does to the next message what its server was told."""

    _server: TroubledServer

    def _welcome(self) -> None:
        if self._server.refusing:
            self._write(f":{NAME} 465 {self.nick} :Bridges are not welcome here")
            self._transport.close()
        else:
            super()._welcome()

    def _take(self, line: str, label: str) -> None:
        server = self._server
        said = line.startswith("PRIVMSG ")
        if said and server.rejecting:
            server.rejecting = False
            tag = f"@label={label} " if label else ""
            channel = line.split()[1]
            self._write(f"{tag}:{NAME} 404 {self.nick} {channel} :Cannot send to channel")
            return
        lost, server.losing = (server.losing, None) if said else (None, server.losing)
        if lost is not False:  # else it never arrives
            super()._take(line, label)
        if lost is not None:
            self._transport.abort()


class TroubledServer(IRCServer):
    """`done` is what the bridge did, in order, each with its channel.

    `losing`: the connection breaks with the next message, once it is taken or (False) before.
    """

    connects = TroubledConnection

    def __init__(self, capabilities: Collection[str]) -> None:
        super().__init__(capabilities)
        self.refusing = self.rejecting = False
        self.losing: bool | None = None
        self.done: list[tuple[str, Heard]] = []

    def does(self, nick: str, command: str, *params: str, label: str = "") -> None:
        content = _content(nick, command, params) if nick.lower() in self.connections else None
        if content is not None:
            self.done.append((params[0].lower(), Heard(content, who=nick)))
        super().does(nick, command, *params, label=label)


def _content(nick: str, command: str, params: Sequence[str]) -> Content | None:
    match command:
        case "PRIVMSG" | "NOTICE":
            return Message(from_plain(params[1].replace("\x01", "")))
        case "TOPIC":
            return ChatChange(ChatInfo(topic=params[1]))
        case "PART":
            return Membership(RemoteUserID(nick), MemberState.LEAVE)
        case _:
            return None


class IRCNetwork(FakeNetwork):
    """One channel. IRC keeps nothing, asks for no pause by the second, and says nothing twice."""

    chat = "#room"
    kinds = frozenset({ChatChange, Membership, Message})
    keeps = False

    def __init__(self, server: TroubledServer) -> None:
        self._server = server

    @property
    def settings(self) -> IRCConfig:
        port, flood = self._server.port, Flood(burst=100, rate=10)
        return IRCConfig(host="127.0.0.1", port=port, tls=False, nick="bridge", flood=flood)

    async def say(self, who: str, content: Content) -> MessageID | None:
        members = self._server.channel(self.chat).members
        if isinstance(content, Membership):
            here = content.state is MemberState.JOIN
            self._server.does(who, "JOIN" if here else "PART", self.chat)
            return None
        if who not in members:
            self._server.does(who, "JOIN", self.chat)
        match content:
            case Message():
                self._server.does(who, "PRIVMSG", self.chat, plain(content.text))
            case ChatChange():
                self._server.does(who, "TOPIC", self.chat, content.info.topic or "")
        return None

    def heard(self) -> Sequence[Heard]:
        return [heard for chat, heard in self._server.done if chat == self.chat]

    async def whisper(self, who: str, to: RemoteUserID, content: Content) -> MessageID | None:
        assert isinstance(content, Message)
        self._server.does(who, "PRIVMSG", to, plain(content.text))
        return None

    def whispered(self, who: str) -> Sequence[Heard]:
        return [heard for chat, heard in self._server.done if chat == who]

    async def drop(self) -> None:
        for connection in list(self._server.connections.values()):
            connection.drop()

    async def refuse(self) -> None:
        self._server.refusing = True

    async def garble(self) -> None:
        self._server.connections["bridge"].garble()

    async def reject(self) -> None:
        self._server.rejecting = True

    async def lose(self, *, taken: bool) -> None:
        self._server.losing = taken


@asynccontextmanager
async def irc_network(*capabilities: str) -> AsyncIterator[FakeNetwork]:
    """A server that offers these, for as long as the block lasts."""
    server = TroubledServer(capabilities)
    await server.listen()
    try:
        yield IRCNetwork(server)
    finally:
        server.close()
