"""Adapters that break one rule each of what has to be told: refusals, names, bans, stamps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridgekit.adapter import Limits, Sent, Unit
from bridgekit.errors import Rejected
from bridgekit.events import (
    Edit,
    MatrixEvent,
    Membership,
    MemberState,
    Message,
    Reaction,
    RemoteEvent,
)
from bridgekit.facts import Chat, ChatInfo, Profile, UserInfo
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.richtext import from_plain, plain
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.mutants import Altering


def deaf(method: str) -> type[Listening]:
    """Takes no notice where the network refuses this."""

    async def done(self: Listening, event: MatrixEvent[Any]) -> Sent:
        try:
            return await getattr(Listening, method)(self, event)  # type: ignore[no-any-return]
        except Rejected:
            return Sent()

    return type(f"Deaf{method.title()}", (Listening,), {method: done})


class SpeaksForItself(Listening):
    """Whoever is relayed, it is the bridge that speaks."""

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        author = Profile("bridge") if event.relayed else event.author
        return await super().send(replace(event, author=author))


class CountsCharacters(Listening):
    """Where the network counts bytes."""

    def limits(self, chat: Chat) -> Limits:
        return replace(super().limits(chat), unit=Unit.CHARS)


class DoesNotAwait(Listening):
    async def react(self, event: MatrixEvent[Reaction]) -> None:
        await super().react(event)
        self._check()  # type: ignore[unused-coroutine]  # the fault

    async def _check(self) -> None:
        raise Rejected("Loopback forbids that")


# What is known of the chat and of people.


class KnowsNoChat(Listening):
    async def chat_info(self, chat: ChatID) -> ChatInfo:
        raise KeyError(chat)


class KnowsAnotherChat(Listening):
    async def chat_info(self, chat: ChatID) -> ChatInfo:
        del chat
        return await super().chat_info(ChatID("#another"))


class KnowsNobody(Listening):
    async def user_info(self, user: RemoteUserID) -> UserInfo:
        raise KeyError(user)


class KnowsSomebodyElse(Listening):
    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(RemoteUserID(f"not-{user}"))


class CallsAllTheSame(Listening):
    async def user_info(self, user: RemoteUserID) -> UserInfo:
        del user
        return UserInfo(name="Somebody")


# Who is put out.


class TakesKicksForLeaving(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        change = event.content
        if isinstance(change, Membership) and change.state is MemberState.KICK:
            left = replace(change, state=MemberState.LEAVE)
            return replace(event, sender=change.user, content=left)
        return event


class TakesBansForKicks(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        change = event.content
        if isinstance(change, Membership) and change.state is MemberState.BAN:
            return replace(event, content=replace(change, state=MemberState.KICK))
        return event


class LiftsNoBan(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        change = event.content
        lifted = isinstance(change, Membership) and change.state is MemberState.LEAVE
        return None if lifted else event


class IgnoresWhatIsDoneToItsLogins(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        change = event.content
        known = self.network.known  # type: ignore[attr-defined]  # an `EchoingNetwork`
        return None if isinstance(change, Membership) and change.user in known else event


class KicksWhomItShouldBan(Listening):
    async def set_member(self, event: MatrixEvent[Membership]) -> None:
        if event.content.state is MemberState.BAN:
            kick = replace(event.content, state=MemberState.KICK)
            event = replace(event, content=kick)
        await super().set_member(event)


class BansForEver(Listening):
    async def set_member(self, event: MatrixEvent[Membership]) -> None:
        if event.content.state is not MemberState.LEAVE:
            await super().set_member(event)


# Edits.


class StampsWithANumber(Altering):
    """As it is, and so the tenth comes before the ninth."""

    edits = 0

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Edit):
            self.edits += 1
            return replace(event, content=replace(event.content, stamp=str(self.edits)))
        return event


class StampsNoEdit(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Edit):
            return replace(event, content=replace(event.content, stamp=None))
        return event


class MakesAnotherOfARepeatedEdit(StampsNoEdit):
    """It has neither a stamp nor a key, and says how often it was told."""

    times = 0

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        event = super().alter(event)
        if not isinstance(event.content, Edit):
            return event
        self.times += 1
        said = event.content.message
        if self.times > 1:  # for one that changes nothing is none to the core
            said = replace(said, text=from_plain(f"{plain(said.text)} ({self.times} times)"))
        return replace(event, key=None, content=replace(event.content, message=said))
