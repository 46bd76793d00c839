"""A desk and its host without a bridge: what is received is kept, as the core would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bridgekit import Login, LoginID, RemoteEvent
from bridges.sms.config import Number, SMSConfig
from bridges.sms.contacts import Contacts
from bridges.sms.desk import Desk, Notes
from bridges.sms.heard import Heard
from bridges.sms.joining import Joining
from bridges.sms.lines import Lines
from bridges.sms.loops import Loops
from bridges.sms.memory import Memory
from bridges.sms.provider import Outgoing, Provider, Traits
from bridges.sms.settings import ProviderSettings
from bridges.sms.spending import Spending
from bridges.sms.standing import Standing

OWN, OTHER_OWN, BOB = "14155550100", "14155550110", "14155550101"


class KeepingHost:
    """The host of an adapter, as far as texting asks it."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.received: list[RemoteEvent[Any]] = []
        self.cursors: list[str | None] = []
        self.aside: list[tuple[bytes, str]] = []
        self.paced: list[tuple[str, ...]] = []
        self.known: dict[str, str] = {}
        self.linked: set[tuple[str, str]] = set()  # chat and message
        self.duplicates = 0
        self.failure: Exception | None = None
        self.saves_left: int | None = None  # until the disk is full

    async def load(self, key: str) -> str | None:
        return self.values.get(key)

    async def save(self, key: str, value: str | None) -> None:
        if self.saves_left is not None:
            if not self.saves_left:
                raise OSError("the disk is full")
            self.saves_left -= 1
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value

    async def receive(self, _: LoginID, *events: Any, cursor: str | None = None) -> None:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self.received += events
        self.cursors.append(cursor)

    async def set_aside(self, _: LoginID, body: bytes, why: str) -> None:
        self.aside.append((body, why))

    def duplicate(self) -> None:
        self.duplicates += 1

    async def knows(self, _: LoginID, chat: Any, message: str) -> bool:
        return (chat.id, message) in self.linked

    async def pace(self, *scope: str, rate: float, burst: float, cost: float = 1.0) -> None:
        self.paced.append((*scope, f"{rate} {burst} {cost}"))

    async def user_changed(self, _: LoginID, info: Any) -> None:
        self.known[info.id] = info.name

    async def link(self, attachment: Any, *, most: int | None = None) -> str:
        return f"https://bridge.example.org/{attachment.name}{f'?most={most}' if most else ''}"

    def logins(self) -> list[Login]:
        return [Login(LoginID("sms:numbers"), None, {}, relay=True)]


@dataclass
class Gateway(Provider):
    """Sends nothing, and remembers it; `answer` is raised instead, if there is one."""

    title = "Test"
    traits = Traits()
    sent: list[Outgoing] = field(default_factory=list)
    answers: list[Exception] = field(default_factory=list)

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        if self.answers:
            raise self.answers.pop(0)
        self.sent.append(message)
        return (f"id-{len(self.sent)}",)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Place:
    """All of it, for one test."""

    host: KeepingHost
    clock: Clock
    config: SMSConfig
    gateways: dict[str, Gateway]
    lines: Lines
    notes: Notes
    desk: Desk

    async def answered(self) -> None:
        """What is texted back by itself is."""
        async with asyncio.TaskGroup() as tasks:
            texting = tasks.create_task(self.desk.answers.run())
            await self.desk.answers.texted()
            texting.cancel()

    async def restarted(self) -> Place:
        """The same database, and nothing else."""
        made = place(self.config, self.host, self.clock)
        made.notes.heard.load(next((one for one in reversed(self.host.cursors) if one), None))
        await made.notes.joining.load()
        await made.notes.contacts.load()
        return made


def settings(**changed: Any) -> SMSConfig:
    given: dict[str, Any] = {
        "providers": {"main": ProviderSettings(provider="test")},
        "numbers": {OWN: Number()},
    }
    return SMSConfig(**{**given, **changed})


def place(config: SMSConfig, host: KeepingHost | None = None, clock: Clock | None = None) -> Place:
    host, clock = host or KeepingHost(), clock or Clock()
    kept: Any = host
    around: Any = None
    gateways = {}
    for name, account in config.providers.items():
        gateways[name] = Gateway()
        Provider.__init__(gateways[name], account, around)
    lines = Lines(gateways)
    notes = Notes(
        Contacts(kept, {}),
        Standing(kept, clock.now),
        Joining(kept, config.parts_wait, clock.seconds),
        Heard(clock.seconds, clock.now),
        Memory(),
        Spending(kept, config.per_day, clock.now),
        Loops(config.per_minute, clock.seconds),
    )
    return Place(host, clock, config, gateways, lines, notes, Desk(kept, config, lines, notes))
