"""Adapters that break one rule each of what few networks have: commands and a set-up."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.adapter import Field, Login, Person
from bridgekit.adapter_supports import Finding, Guide, Severity
from bridgekit.facts import Chat
from bridgekit.testing.loopback.adapter import LoopbackConfig
from bridgekit.testing.loopback.equipped import Commanded, EquippedAdapter


class AnswersNothing(Commanded):
    async def command(self, name: str, arguments: Sequence[str], chat: Chat | None) -> str:
        del name, arguments, chat
        return "What?"


class SetsNothingUp(EquippedAdapter):
    async def setup(self, guide: Guide) -> None:
        del guide


class Grumbles(EquippedAdapter):
    """Whatever is typed, something is wrong with it."""

    async def setup(self, guide: Guide) -> None:
        await super().setup(guide)
        await guide.report(Finding(Severity.ERROR, "It could be better.", "Do it again."))


class TriesNothing(EquippedAdapter):
    """It asks, and does not look whether what it is told is right."""

    async def setup(self, guide: Guide) -> None:
        await guide.show("Make an account for the bridge on Loopback.")
        await guide.ask(Field("nick", "What it is called there"))


class GoesOnAsBefore(EquippedAdapter):
    async def reload(self, config: LoopbackConfig) -> None:
        del config


class KeepsOldNames(EquippedAdapter):
    async def rename(self, login: Login, person: Person) -> None:
        del login, person


class ForgetsNewNames(EquippedAdapter):
    """They hold for as long as the connection does."""

    async def rename(self, login: Login, person: Person) -> None:
        await self.call(login.id, person)
