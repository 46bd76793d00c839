"""More adapters that break one rule each: where a person signs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bridgekit.adapter import Login
from bridgekit.adapter_supports import LoginFlow
from bridgekit.errors import LoginError
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.client import EveryAbility


class GivesNothing(LoopbackAdapter):
    """What was signed in to is kept in memory."""

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        await super().login(flow)
        return {}


class GivesTheRoot(LoopbackAdapter):
    """Whoever signs in, the login is another's."""

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        return {**await super().login(flow), "session": "session-0"}


class KeepsItInMemory(LoopbackAdapter):
    """What shows who is signed in is gone with the process."""

    def __init__(self, config: Any, host: Any) -> None:
        super().__init__(config, host)
        self._known: set[str] = set()

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        given = await super().login(flow)
        self._known.add(given["session"])
        return given

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[EveryAbility]:
        if login.credentials.get("session") not in {None, *self._known}:
            raise LoginError("Loopback has forgotten who you are")
        async with super().connect(login) as client:
            yield client


class LeavesTheDoorOpen(LoopbackAdapter):
    """It forgets who was signed in, and does not tell the network."""

    async def sign_out(self, login: Login) -> None:
        del login


class GoesOnSigningIn(LoopbackAdapter):
    """Also when the person has gone."""

    tasks: set[asyncio.Task[Mapping[str, str]]]

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        self.tasks = {asyncio.create_task(self._go_on(flow))}
        (task,) = self.tasks
        return await asyncio.shield(task)

    async def _go_on(self, flow: LoginFlow) -> Mapping[str, str]:
        return await super().login(flow)
