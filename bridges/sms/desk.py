"""Where all that gateways tell is taken in: joined, judged, and stored as events.

One at a time, so that what came first is stored first. Nothing is acknowledged before `take` has
returned, and what is told twice is done once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bridgekit import Host, LoginID, RemoteEvent, RemoteUserID
from bridges.sms import numbers
from bridges.sms.answers import Answer, Answers
from bridges.sms.config import SMSConfig, Strangers
from bridges.sms.contacts import Contacts
from bridges.sms.heard import Heard
from bridges.sms.inbound import echoed, message_id, notice, reacted, reported, said
from bridges.sms.joining import Group, Joining
from bridges.sms.lines import Lines
from bridges.sms.loops import Loops
from bridges.sms.memory import Memory
from bridges.sms.numbers import Conversation, between
from bridges.sms.opt_out import Wish
from bridges.sms.provider import Inbound, Report, Told
from bridges.sms.spending import Spending
from bridges.sms.standing import Standing
from bridges.sms.status import OPTED_OUT
from bridges.sms.tapbacks import Localised, tapback
from bridges.sms.udh import MOST_PARTS
from bridges.sms.wishes import SAID, Wishes

_ALONE = "\n[a part of a longer message, of more parts than there can be]"


@dataclass(frozen=True, slots=True)
class Notes:
    """What is remembered of people and messages; `memory` and `loops` are not in the database."""

    contacts: Contacts
    standing: Standing
    joining: Joining
    heard: Heard
    memory: Memory
    spending: Spending
    loops: Loops


class Desk:
    """For one network."""

    def __init__(self, host: Host, config: SMSConfig, lines: Lines, notes: Notes) -> None:
        self._host, self._config, self._lines, self._notes = host, config, lines, notes
        self.wishes = Wishes(config, lines, notes.standing)
        self.answers = Answers(host, config, lines, notes.spending, notes.loops)
        self._localised = Localised(dict(config.tapbacks))
        self._turn = asyncio.Lock()

    @property
    def login(self) -> LoginID:
        """The bridge's own, which all numbers belong to."""
        return next(one.id for one in self._host.logins() if one.relay)

    async def take(self, gateway: str, *told: Told) -> None:
        """See `Ear.take`."""
        async with self._turn:
            for one in told:
                if isinstance(one, Report):
                    await self._reported(gateway, one)
                else:
                    await self._heard(gateway, one)

    async def show_incomplete(self) -> None:
        """Show what nobody waits for any more, with what there is of it."""
        async with self._turn:
            for group in self._notes.joining.due():
                await self._joined(group)

    async def set_aside(self, gateway: str, body: bytes, why: str) -> None:
        """See `Ear.set_aside`."""
        await self._host.set_aside(self.login, body, f"{gateway}: {why}")

    # What people text.

    async def _heard(self, gateway: str, told: Inbound) -> None:
        if told.part is not None and not told.part.possible:
            known = told.part.total <= MOST_PARTS
            told = replace(told, part=None, text=told.text + ("" if known else _ALONE))
        if told.part is None and self._notes.heard.again(gateway, told):
            self._host.duplicate()
            return
        named = (self._own(gateway, one) for one in (told.to, *told.others))
        own = next(filter(None, named), None)
        if own is None:
            await self._aside(gateway, told, f"it is for {told.to!r}, which is no number of ours")
            return
        sender = self._peer(gateway, own, told.sender)
        if self.is_ours(sender):
            await self._aside(gateway, told, "it comes from a number of our own: that is a loop")
            return
        if told.part is None:
            await self._received(gateway, own, sender, told)
            return
        about = {"gateway": gateway, "own": own, "sender": sender}
        about |= {} if told.at is None else {"at": told.at.isoformat()}
        name = f"{gateway} {own} {sender} {told.part.reference} {told.part.total}"
        part = replace(told.part, id=told.id or "")
        new = told.id is None and not self._notes.heard.may_repeat(gateway)
        for group in await self._notes.joining.add(name, part, about, new=new):
            await self._joined(group)

    async def _joined(self, group: Group) -> None:
        about = group.about
        at = datetime.fromisoformat(about["at"]) if "at" in about else None
        told = Inbound(about["sender"], about["own"], group.text(), id=group.id, at=at)
        sender = RemoteUserID(about["sender"])
        if not self._notes.heard.again(about["gateway"], told):
            await self._received(about["gateway"], about["own"], sender, told)
        await self._notes.joining.forget(group)

    async def _received(self, gateway: str, own: str, sender: RemoteUserID, told: Inbound) -> None:
        heard = self._notes.heard
        wish = told.wish or self.wishes.of(own, sender, told.text)
        changed, key = False, told.id or f"{told.fingerprint} {heard.now().isoformat()}"
        name = "" if told.id is None else message_id(gateway, told.id)
        if wish is not None:
            changed = await self.wishes.note(own, sender, wish, "a text of theirs", name)
        talk = await self._talk(gateway, own, sender, told)
        if talk is None:
            return
        events = [await self._event(gateway, talk, sender, told)]
        if wish in SAID and changed:
            events.append(notice(talk, f"{await self._name(sender)} {SAID[wish]}", f"{wish} {key}"))
        await self._host.receive(self.login, *events, cursor=heard.cursor(gateway, told))
        answering = changed and await self.wishes.first(own, sender, name)
        heard.note(gateway, told)
        if told.id is not None:
            self._notes.memory.add(talk.id, (message_id(gateway, told.id),), told.text)
        if wish is not None and answering:
            answer = self.wishes.answer_to(own, wish, answered=told.answered)
            self.answers.put(own, Answer(sender, wish, answer, key))  # of a group, to them alone

    async def _event(
        self, gateway: str, talk: Conversation, sender: RemoteUserID, told: Inbound
    ) -> RemoteEvent[Any]:
        reaction = tapback(told.text, self._localised)
        if reaction is not None:
            target = self._notes.memory.target(talk.id, reaction)
            if target is not None:
                return reacted(gateway, talk, sender, told, reaction, target)
        return said(gateway, talk, sender, told, await self._notes.contacts.info(sender))

    async def _talk(
        self, gateway: str, own: str, sender: RemoteUserID, told: Inbound
    ) -> Conversation | None:
        """Where it is shown; None: kept for the operator only."""
        named = (told.to, *told.others) if told.others else ()  # any of them may be us
        others = [self._peer(gateway, own, one) for one in named]
        talk = between(own, sender, *(one for one in others if not self.is_ours(one)))
        if self._config.strangers is Strangers.ROOM or await self._knows(own, sender):
            return talk
        if self._config.strangers is Strangers.QUARANTINE:
            return Conversation(own, (RemoteUserID(numbers.UNKNOWN),))
        await self._aside(gateway, told, "it comes from somebody whom nobody here knows")
        return None

    async def _knows(self, own: str, sender: RemoteUserID) -> bool:
        if await self._notes.contacts.name(sender) is not None:
            return True
        return await self._notes.standing.known(own, sender)

    async def _name(self, sender: RemoteUserID) -> str:
        return await self._notes.contacts.name(sender) or numbers.shown(sender)

    # What becomes of what we texted.

    async def _reported(self, gateway: str, told: Report) -> None:
        talk = await self._reported_of(gateway, told)
        if talk is None:
            return  # of a number that is not configured any more: nobody waits for it
        named = self._peer(gateway, talk.own, told.peer)
        user = talk.peers[0] if len(talk.peers) == 1 else named
        if told.code in OPTED_OUT:
            key = f"report {message_id(gateway, told.id)}" if told.id else ""
            await self.wishes.note(talk.own, user, Wish.STOP, "the gateway", key)
        events = [*self._shown_as_sent(gateway, talk, told), *reported(gateway, talk, user, told)]
        if events:
            await self._host.receive(self.login, *events)

    async def _reported_of(self, gateway: str, told: Report) -> Conversation | None:
        """Where the message was said: as we remember it, since gateways rewrite numbers, some name
        them the other way round, and some do not name ours.
        """
        message = message_id(gateway, told.id)
        where = self._notes.memory.where(message)
        if where is not None:
            return numbers.conversation(where)
        named = self._own(gateway, told.own)
        if named is None:
            return None
        mine = (named,) if told.own.strip() else self._config.carried(gateway)
        talks = [self._between(gateway, own, told) for own in mine]
        for talk in talks[1:]:
            if await self._host.knows(self.login, talk.chat, message):
                return talk
        return talks[0]

    def _between(self, gateway: str, own: str, told: Report) -> Conversation:
        return between(own, *(self._peer(gateway, own, one) for one in (told.peer, *told.others)))

    def _shown_as_sent(
        self, gateway: str, talk: Conversation, told: Report
    ) -> Sequence[RemoteEvent[Any]]:
        """A report of what we do not know that we sent: its answer, or a process, was lost."""
        if not told.txn or self._notes.memory.knows(talk.id, message_id(gateway, told.id)):
            return ()
        return (echoed(gateway, talk, RemoteUserID(next(iter(self._config.numbers))), told),)

    # Whose numbers these are.

    def _own(self, gateway: str, spelled: str) -> str | None:
        """Our number that a gateway spells so; where it does not say, the one that it carries."""
        if not spelled.strip():
            return next(iter(self._config.carried(gateway)), None)
        digits = "".join(one for one in spelled if one.isdecimal())
        if digits in self._config.numbers:
            return digits
        homes = {self._config.home(own) for own in self._config.numbers}
        found = (numbers.e164(spelled, home) for home in sorted(homes, key=str))
        return next((one for one in found if one in self._config.numbers), None)

    def is_ours(self, user: RemoteUserID) -> bool:
        """Whether somebody is one of our own numbers."""
        short = user.startswith("short-")
        return (numbers.shown(user) if short else user) in self._config.numbers

    def _peer(self, gateway: str, own: str, spelled: str) -> RemoteUserID:
        traits = self._lines[gateway].traits
        home = self._config.home(own)
        return numbers.peer(spelled, home, international=traits.international)

    async def _aside(self, gateway: str, told: Inbound, why: str) -> None:
        body = json.dumps(asdict(replace(told, part=None)), default=str)
        await self.set_aside(gateway, body.encode(), why)
        self._notes.heard.note(gateway, told)


class AtGateway:
    """The ear for one gateway: implements `provider.Ear`."""

    def __init__(self, desk: Desk, heard: Heard, gateway: str) -> None:
        self._desk, self._heard, self._gateway = desk, heard, gateway

    @property
    def since(self) -> datetime | None:
        return self._heard.since(self._gateway)

    @property
    def now(self) -> datetime:
        return self._heard.now()

    def caught_up(self, until: datetime) -> None:
        self._heard.caught_up(self._gateway, until)

    def knows(self, id_: str) -> bool:
        return self._heard.knows(self._gateway, id_)

    def begins(self) -> None:
        self._heard.begins(self._gateway)

    async def take(self, *told: Told) -> None:
        await self._desk.take(self._gateway, *told)

    async def set_aside(self, body: bytes, why: str) -> None:
        await self._desk.set_aside(self._gateway, body, why)

    def confirmed(self, messages: int) -> None:
        self._heard.confirmed(self._gateway, messages)
