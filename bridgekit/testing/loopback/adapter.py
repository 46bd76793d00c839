"""The adapter of the loopback network, as an entry point would name one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from bridgekit.adapter import Adapter, Login, Manifest, Person
from bridgekit.adapter_supports import (
    Finding,
    LoginFlow,
    Severity,
    SupportsAutomaticLogin,
    SupportsDoctor,
    SupportsLogin,
    SupportsNames,
    SupportsOwnLogins,
    SupportsSignOut,
)
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.testing.loopback.client import EveryAbility
from bridgekit.testing.loopback.network import LoopbackNetwork
from bridgekit.testing.loopback.signing_in import sign_in


class LoopbackConfig(BaseModel):
    """What an operator can set; and `network`, the far side itself, where its class has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_limit: int | None = None
    idle_after: float = 3600.0
    network: Any = None


class LoopbackAdapter(
    Adapter[LoopbackConfig],
    SupportsAutomaticLogin,
    SupportsDoctor,
    SupportsLogin,
    SupportsNames,
    SupportsOwnLogins,
    SupportsSignOut,
):
    """Whose far side is `network`: see `loopback` and `LoopbackConfig`."""

    manifest = Manifest("loopback", "Loopback", LoopbackConfig, api=1)
    network: LoopbackNetwork

    def __init__(self, config: LoopbackConfig, host: Any) -> None:
        super().__init__(config, host)
        if config.network is not None:
            self.network = config.network
        self.idle_after = config.idle_after
        self.network.text_limit = config.text_limit
        self.manifest = Manifest(  # type: ignore[misc]  # one class, networks that differ
            "loopback",
            "Loopback",
            LoopbackConfig,
            api=1,
            limits=self.network.limits_in(),
            reactions=self.network.reactions,
        )

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[EveryAbility]:
        client = await self.network.admit(login, self.host)
        try:
            yield cast(EveryAbility, client)  # or one that lacks what the network lacks
        finally:
            self.network.clients.pop(login.id, None)

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"nick": "bot"}}

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        return await sign_in(self.network.pairing, flow)

    async def sign_out(self, login: Login) -> None:
        self.network.pairing.sessions.pop(login.credentials.get("session", ""), None)

    def automatic_login(self, person: Person) -> Mapping[str, str] | None:
        return {"nick": person.name.lower()}

    def chat_named(self, name: str) -> Chat | None:
        return Chat(ChatID(name.lower())) if name.startswith("#") else None

    def user_named(self, name: str) -> RemoteUserID | None:
        return None if name.startswith("#") else RemoteUserID(name.lower())

    def private_chat(self, user: RemoteUserID) -> Chat:
        return Chat(ChatID(user), private=True)

    async def check(self) -> AsyncIterator[Finding]:
        if self.network.refuse is None:
            yield Finding(Severity.OK, "Loopback lets the bridge in.")
        else:
            yield Finding(Severity.ERROR, self.network.refuse, "Ask the network why.")


def loopback(network: LoopbackNetwork) -> type[Adapter[LoopbackConfig]]:
    """An adapter class whose far side is `network`."""

    class Connected(LoopbackAdapter):
        pass

    Connected.network = network
    return Connected
