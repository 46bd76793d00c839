"""More adapters that break one rule each: where a person signs in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bridgekit.adapter_supports import LoginFlow
from bridgekit.testing.loopback.adapter import LoopbackAdapter


class GivesNothing(LoopbackAdapter):
    """What was signed in to is kept in memory."""

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        await super().login(flow)
        return {}


class GivesTheRoot(LoopbackAdapter):
    """Whoever signs in, the login is another's."""

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        return {**await super().login(flow), "session": "session-0"}


class GoesOnSigningIn(LoopbackAdapter):
    """Also when the person has gone."""

    tasks: set[asyncio.Task[Mapping[str, str]]]

    async def login(self, flow: LoginFlow) -> Mapping[str, str]:
        self.tasks = {asyncio.create_task(self._go_on(flow))}
        (task,) = self.tasks
        return await asyncio.shield(task)

    async def _go_on(self, flow: LoginFlow) -> Mapping[str, str]:
        return await super().login(flow)
