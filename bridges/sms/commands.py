"""What people can have done about a conversation by command."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridgekit import (
    Chat,
    ChatChange,
    ChatInfo,
    Command,
    Host,
    Rejected,
    RemoteEvent,
    RemoteUserID,
    UserInfo,
)
from bridges.sms import numbers
from bridges.sms.config import SMSConfig
from bridges.sms.desk import Desk, Notes
from bridges.sms.opt_out import Wish

COMMANDS = (
    Command("accept", "let a stranger's texts come into a room of their own", "NUMBER"),
    Command("assign", "say who looks after this conversation; without a name, nobody", "[NAME]"),
    Command("contact", "call a number by a name; without one, as the file has it", "NUMBER [NAME]"),
    Command("opt-in", "send to a number again that has opted out, if its owner asks you", "NUMBER"),
    Command("opt-out", "send no more to a number", "NUMBER"),
)
Person = Callable[[str], RemoteUserID]


class Commands:
    """Of one network."""

    def __init__(self, host: Host, config: SMSConfig, desk: Desk, notes: Notes) -> None:
        self._host, self._config, self._desk, self._notes = host, config, desk, notes

    async def run(
        self, name: str, arguments: Sequence[str], chat: Chat | None, person: Person
    ) -> str:
        """The answer; `person` finds somebody by what they are called. Raises `Rejected`."""
        if name == "assign":
            return await self._assign(" ".join(arguments), chat)
        if not arguments:
            usage = next((one.arguments for one in COMMANDS if one.name == name), "")
            raise Rejected(f"Say whom it is about: {name} {usage}")
        user = person(arguments[0])
        shown, own = numbers.shown(user), self._own(chat)
        match name:
            case "accept":
                await self._notes.standing.meet(own, user)
                return f"{shown} is no stranger any more; what they text from now on gets a room."
            case "contact":
                return await self._contact(user, " ".join(arguments[1:]) or None)
            case "opt-in":
                changed = await self._desk.wishes.note(own, user, Wish.START, "a command")
                return f"{shown} gets texts again." if changed else f"{shown} had not opted out."
            case "opt-out":
                changed = await self._desk.wishes.note(own, user, Wish.STOP, "a command")
                return f"{shown} gets no more texts." if changed else f"{shown} had opted out."
            case _:
                raise Rejected(f"There is no command {name!r}.")

    async def _contact(self, user: RemoteUserID, name: str | None) -> str:
        await self._notes.contacts.call(user, name)
        now = await self._notes.contacts.name(user) or numbers.shown(user)
        await self._host.user_changed(self._desk.login, UserInfo(id=user, name=now))
        return f"{numbers.shown(user)} is called {now} now."

    async def _assign(self, name: str, chat: Chat | None) -> str:
        talk = None if chat is None else numbers.conversation(chat.id)
        if chat is None or talk is None:
            raise Rejected("Say that in the room of a conversation.")
        await self._notes.standing.assign(chat.id, name or None)
        own = f"From {numbers.shown(talk.own)}"
        topic = f"{own}, assigned to {name}" if name else own
        change = ChatChange(ChatInfo(topic=topic))
        await self._host.receive(self._desk.login, RemoteEvent(chat, None, change))
        return f"{name} looks after this conversation." if name else "Nobody is assigned now."

    def _own(self, chat: Chat | None) -> str:
        """The number of ours that it is about: the room's, else the first."""
        talk = None if chat is None else numbers.conversation(chat.id)
        return next(iter(self._config.numbers)) if talk is None else talk.own
