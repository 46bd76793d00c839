"""Adapters that break one rule each of what has to be told: refusals, names, units, stamps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bridgekit.adapter import Limits, Sent, Unit
from bridgekit.errors import Rejected
from bridgekit.events import Edit, MatrixEvent, Message, Reaction, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Profile, UserInfo
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.mutants import Altering


def deaf(method: str) -> type[Listening]:
    """Takes no notice where the network refuses this."""

    async def done(self: Listening, event: MatrixEvent[Any]) -> None:
        try:
            await getattr(Listening, method)(self, event)
        except Rejected:
            return

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


# Edits.


class StampsNoEdit(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Edit):
            return replace(event, content=replace(event.content, stamp=None))
        return event


class KnowsNoRepeatedEdit(StampsNoEdit):
    """Neither by a stamp nor by a key."""

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        event = super().alter(event)
        return replace(event, key=None) if isinstance(event.content, Edit) else event
