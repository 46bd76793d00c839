"""The fake IRC server as the contract wants a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from copy import copy
from types import MappingProxyType

from bridgekit import (
    ChatChange,
    Content,
    Deletion,
    Membership,
    MemberState,
    Message,
    MessageID,
    Reaction,
    RemoteUserID,
    Typing,
    plain,
)
from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat
from bridges.irc.config import Flood, IRCConfig
from bridges.irc.fake.trouble import TroubledServer
from bridges.irc.tagged import REACT, REPLY, TYPING, UNREACT

MODERN = (
    *("batch", "draft/chathistory", "draft/message-redaction", "echo-message", "labeled-response"),
    *("message-tags", "multi-prefix"),
)


class IRCNetwork(FakeNetwork):
    """One channel. IRC keeps nothing, asks for no pause by the second, and says nothing twice."""

    chat = "#room"
    kinds = frozenset({ChatChange, Membership, Message})
    moves = frozenset(MemberState) - {MemberState.INVITE}
    rejects = loses = kinds
    keeps = False
    commands = MappingProxyType(
        {
            "status": "You are alice on test",
            "nick alicia": "You are alicia on IRC now",
            "whois alicia": "alicia is alicia",
            "join #garden": "Done",
            "names #garden": "alicia",
            "list #gar*": "#garden (1)",
            "topic #garden roses": "Done",
            "mode #garden": "#garden: +nt",
            "part #garden so long": "Done",
            "join #yard": "Done",
            "leave #yard": "Done",
            "lines": "as on the rest of the network",
            "away for tea": "IRC knows that you are away",
            "msg bridge hello": "Said to bridge",
            "op bob": "Done",
            "deop bob": "Done",
            "voice bob": "Done",
            "devoice bob": "Done",
            "kick bob": "Done",
            "ban bob": "Done",
            "unban bob": "Done",
            "invite bob": "Done",
            "query bob": "You are invited to talk with bob",
            "ignore eve": "You hear nothing more from eve!*@* in private",
            "unignore eve": "You hear from eve again",
            "features": "mentions: on",
            "limits": "people connected at once: any number",
            "raw PING hello": "You may not use",
            "quit": "You have left IRC",
            "reconnect": "You have no nick on IRC yet",
        }
    )

    def __init__(self, server: TroubledServer) -> None:
        self._server = server

    @property
    def settings(self) -> IRCConfig:
        port, flood = self._server.port, Flood(burst=100, rate=10)
        return IRCConfig(host="127.0.0.1", port=port, tls=False, nick="bridge", flood=flood)

    async def say(self, who: str, content: Content) -> MessageID | None:
        if isinstance(content, Membership):
            self._move(who, content)
            return None
        if who not in self._server.channel(self.chat).members:
            self._does(who, "JOIN")
        match content:
            case Message():
                self._does(who, "PRIVMSG", plain(content.text))
            case ChatChange():
                self._does(who, "TOPIC", content.info.topic or "")
        return None

    def _move(self, who: str, change: Membership) -> None:
        mask = f"{change.user}!*@*"
        match change.state:
            case MemberState.JOIN:
                self._does(who, "JOIN")
            case MemberState.LEAVE if change.user == who:
                self._does(who, "PART")
            case MemberState.LEAVE:
                self._does(who, "MODE", "-b", mask)
            case MemberState.BAN | MemberState.KICK:
                if change.state is MemberState.BAN:
                    self._does(who, "MODE", "+b", mask)
                self._does(who, "KICK", change.user, change.reason)

    def _does(self, who: str, command: str, *params: str) -> None:
        self._server.does(who, command, self.chat, *params)

    def heard(self) -> Sequence[Heard]:
        return [heard for chat, heard in self._server.done if chat == self.chat]

    async def whisper(self, who: str, to: RemoteUserID, content: Content) -> MessageID | None:
        if isinstance(content, Message):
            self._server.does(who, "PRIVMSG", to, plain(content.text))
        return None

    def whispered(self, who: str) -> Sequence[Heard]:
        return [heard for chat, heard in self._server.done if chat == who]

    @property
    def granted(self) -> Collection[str]:
        """The capabilities of IRCv3 that the bridge has asked for and got."""
        return self._server.granted

    async def drop(self) -> None:
        self._server.missing = False
        for connection in list(self._server.connections.values()):
            connection.drop()

    async def stall(self) -> None:
        for connection in list(self._server.connections.values()):
            connection.stall()

    async def another_chat(self) -> OtherChat:
        garden = copy(self)
        garden.chat = "#garden"
        return garden

    async def refuse(self) -> None:
        self._server.refusing = True

    async def garble(self) -> None:
        self._server.connections["bridge"].garble()

    async def reject(self) -> None:
        self._server.rejecting = True

    async def lose(self, *, taken: bool) -> None:
        self._server.losing = taken


class ModernIRCNetwork(IRCNetwork):
    """With all that IRCv3 adds: messages have IDs, can be referred to, and are remembered."""

    kinds = IRCNetwork.kinds | {Deletion, Reaction, Typing}
    rejects = loses = IRCNetwork.rejects | {Deletion, Reaction}
    replies = True

    async def say(self, who: str, content: Content) -> MessageID | None:
        words: tuple[str, ...] = ()
        tags: dict[str, str] = {}
        match content:
            case Reaction():
                verb = UNREACT if content.removed else REACT
                command, tags = "TAGMSG", {verb: content.emoji, REPLY: str(content.target)}
            case Typing():
                command = "TAGMSG"
                tags = {TYPING: "active" if content.active else "done"}
            case Deletion():
                command, words = "REDACT", (str(content.target),)
            case Message():
                command, words = "PRIVMSG", (plain(content.text),)
                tags = {} if content.reply_to is None else {REPLY: str(content.reply_to)}
            case _:
                return await super().say(who, content)
        if who not in self._server.channel(self.chat).members:
            self._does(who, "JOIN")
        return MessageID(self._server.does(who, command, self.chat, *words, tags=tags))

    async def miss(self) -> None:
        self._server.missing = True


@asynccontextmanager
async def fake_irc(*capabilities: str) -> AsyncIterator[FakeNetwork]:
    """A server that offers these, for as long as the block lasts; without any, as in RFC 1459."""
    server = TroubledServer(capabilities)
    await server.listen()
    try:
        kind = ModernIRCNetwork if set(MODERN) <= set(capabilities) else IRCNetwork
        yield kind(server)
    finally:
        server.close()
