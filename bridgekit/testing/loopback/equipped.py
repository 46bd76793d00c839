"""A loopback network with what few have: commands, a set-up, what may change while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, cast

from pydantic import SecretStr

from bridgekit.adapter import Field, Login, Person, Sent
from bridgekit.adapter_supports import (
    Finding,
    Guide,
    Severity,
    SupportsReload,
    SupportsRenaming,
    SupportsSetup,
)
from bridgekit.errors import Rejected
from bridgekit.events import MatrixEvent, Message
from bridgekit.facts import Chat
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.supports import Command, SupportsCommands
from bridgekit.testing.loopback.adapter import LoopbackAdapter, LoopbackConfig
from bridgekit.testing.loopback.client import EveryAbility
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.keeping import Listening


class EquippedConfig(LoopbackConfig):
    """Whoever says something on this network needs the word of the day."""

    word: SecretStr = SecretStr("sesame")


@dataclass(slots=True)
class EquippedNetwork(EchoingNetwork):
    """`word` is that of today."""

    word: str = "sesame"


class Commanded(Listening, SupportsCommands):
    """It can be asked for the weather. `word` is what its adapter takes for that of the day."""

    word: Callable[[], str]

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        network = self.network
        if isinstance(network, EquippedNetwork) and network.word != self.word():
            raise Rejected("Loopback wants the word of the day")
        return await super().send(event)

    commands = (Command("weather", "Say what the weather is.", "[DAY]"),)

    async def command(self, name: str, arguments: Sequence[str], chat: Chat | None) -> str:
        where = "everywhere" if chat is None else f"in {chat.id}"
        return f"The {name} {where}: rain {' '.join(arguments) or 'today'}."


class EquippedClient(Commanded, EveryAbility):
    """All that such a connection declares."""


class EquippedAdapter(LoopbackAdapter, SupportsReload, SupportsRenaming, SupportsSetup):
    """Its operator makes an account for the bridge first."""

    config: LoopbackConfig

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[EquippedClient]:
        async with super().connect(login) as client:
            equipped = cast(EquippedClient, client)
            equipped.word = lambda: _word(self.config)
            yield equipped

    async def reload(self, config: LoopbackConfig) -> None:
        self.config = config

    async def rename(self, login: Login, person: Person) -> None:
        named = self.automatic_login(person)
        if named is not None and named != login.credentials:
            await self.host.credentials_changed(login.id, named)
            await self.call(login.id, person)

    async def call(self, login: LoginID, person: Person) -> None:
        """Somebody who is connected goes by their new name."""
        if (client := self.network.clients.get(login)) is not None:
            client.me = RemoteUserID(person.name.lower())
            await self.host.identity_changed(login, client.me)

    async def setup(self, guide: Guide) -> None:
        await guide.show("Make an account for the bridge on Loopback.")
        nick = (await guide.ask(Field("nick", "What it is called there")))["nick"]
        if self.network.refuse is None:
            await guide.report(Finding(Severity.OK, f"Loopback lets {nick} in."))
        else:
            await guide.report(Finding(Severity.ERROR, self.network.refuse, "Ask Loopback why."))


def _word(config: LoopbackConfig) -> str:
    return config.word.get_secret_value() if isinstance(config, EquippedConfig) else ""


class EquippedFake(LoopbackFake):
    """As the contract wants it."""

    commands: ClassVar[Mapping[str, str]] = MappingProxyType({"weather tomorrow": "rain tomorrow"})

    def __init__(self, network: EquippedNetwork, **options: Any) -> None:
        super().__init__(network, **options)
        self._equipped = network

    @property
    def settings(self) -> EquippedConfig:
        return EquippedConfig(network=self._equipped, word=SecretStr(self._equipped.word))

    async def reconfigure(self) -> EquippedConfig:
        self._equipped.word = "open sesame"
        return self.settings

    async def setting_up(self, *fields: Field) -> Mapping[str, str]:
        return {field.name: "bot" for field in fields}
