"""The fake IRC server with what can go wrong on IRC, and a record of what the bridge did there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bridgekit import (
    ChatChange,
    ChatInfo,
    Content,
    Deletion,
    Membership,
    MemberState,
    Message,
    MessageID,
    Reaction,
    RemoteUserID,
    Typing,
    from_plain,
)
from bridgekit.testing.contract import Heard
from bridges.irc.fake.connection import NAME, Connection
from bridges.irc.fake.server import IRCServer
from bridges.irc.tagged import REACT, REPLY, TYPING, UNREACT

_REFUSED = {
    "PRIVMSG": ("404", "Cannot send to channel"),
    "TOPIC": ("482", "You're not channel operator"),
    "KICK": ("482", "You're not channel operator"),
    "MODE": ("482", "You're not channel operator"),
    "TAGMSG": ("404", "Cannot send to channel"),
    "REDACT": ("FAIL", "REDACT_FORBIDDEN"),
}
_NO_TAGS: Mapping[str, str] = MappingProxyType({})


class TroubledConnection(Connection):
    """Does to the next message what its server was told."""

    _server: TroubledServer

    def _welcome(self) -> None:
        if self._server.refusing:
            self._write(f":{NAME} 465 {self.nick} :Bridges are not welcome here")
            self._transport.close()
        else:
            super()._welcome()

    def show(self, line: str, named: str, *, own: bool, tags: Mapping[str, str]) -> None:
        if own or not self._server.missing:
            super().show(line, named, own=own, tags=tags)

    def _take(self, line: str, tags: Mapping[str, str]) -> None:
        server, (command, *params) = self._server, line.split(" ")
        asked = command == "MODE" and len(params) == 1  # what the modes are, and no change
        does = command in _REFUSED and not asked and TYPING not in tags
        if server.rejecting and does:
            server.rejecting = False
            self._refuse(command, params[0], tags)
            return
        lost = None
        if does:
            lost, server.losing = server.losing, None
        if lost is not False:  # else it never arrives
            super()._take(line, tags)
        if lost is not None:
            self._transport.abort()

    def _refuse(self, command: str, target: str, tags: Mapping[str, str]) -> None:
        code, why = _REFUSED[command]
        if code == "FAIL":
            self.fail(command, why, target, tags=tags)
            return
        tag = f"@label={tags['label']} " if "label" in tags else ""
        self._write(f"{tag}:{NAME} {code} {self.nick} {target} :{why}")


class TroubledServer(IRCServer):
    """`done` is what the bridge did, in order, each with its channel.

    `losing`: the connection breaks with what is done next, once it is taken or (False) before.
    `missing`: nobody is told what others do.
    """

    connects = TroubledConnection

    def __init__(self, capabilities: Collection[str]) -> None:
        super().__init__(capabilities)
        self.refusing = self.rejecting = self.missing = False
        self.losing: bool | None = None
        self.done: list[tuple[str, Heard]] = []

    def does(
        self, nick: str, command: str, *params: str, tags: Mapping[str, str] = _NO_TAGS
    ) -> str:
        ours = nick.lower() in self.connections
        content = (_tagged(tags) or _content(nick, command, params)) if ours else None
        if isinstance(content, Message) and REPLY in tags:
            content = replace(content, reply_to=MessageID(tags[REPLY]))
        named = super().does(nick, command, *params, tags=tags)
        if content is not None:
            known = "message-tags" in self.capabilities and isinstance(content, Message)
            heard = Heard(content, MessageID(named) if known else None, nick)
            self.done.append((params[0].lower(), heard))
        return named


def _tagged(tags: Mapping[str, str]) -> Content | None:
    """What is said with tags alone."""
    if REACT in tags or UNREACT in tags:
        emoji = tags.get(REACT) or tags[UNREACT]
        return Reaction(MessageID(tags[REPLY]), emoji, removed=REACT not in tags)
    return Typing(active=tags[TYPING] == "active") if TYPING in tags else None


def _content(nick: str, command: str, params: Sequence[str]) -> Content | None:
    match command, params:
        case ("PRIVMSG" | "NOTICE", (_, text)):
            return Message(from_plain(text.replace("\x01", "")))
        case "TOPIC", (_, topic):
            return ChatChange(ChatInfo(topic=topic))
        case "REDACT", (_, message, *_):
            return Deletion(MessageID(message))
        case _:
            return _move(nick, command, params)


def _move(nick: str, command: str, params: Sequence[str]) -> Membership | None:
    match command, params:
        case "PART", _:
            return Membership(RemoteUserID(nick), MemberState.LEAVE)
        case "KICK", (_, who, *reason):
            return Membership(RemoteUserID(who.lower()), MemberState.KICK, " ".join(reason))
        case "MODE", (_, "+b" | "-b" as mode, mask):
            state = MemberState.BAN if mode == "+b" else MemberState.LEAVE
            who = mask.partition("@")[0].strip("*!")  # everybody's user name is their nick
            return Membership(RemoteUserID(who.lower()), state)
        case _:
            return None
