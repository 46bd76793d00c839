"""A bridge whose content is looked through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridgekit.audited import Audited
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.scanning import scan
from bridgekit.store.audit import AuditRows
from bridgekit.testing.rig import NETWORK, Rig
from tests.core.scanning.judge import Judge

ALIAS = "#loop_#room:example.org"


class Stage:
    """Alice in a room, bob in its chat, and a judge between them."""

    def __init__(self, rig: Rig, judge: Judge) -> None:
        self.rig, self.judge, self.network = rig, judge, rig.network
        self.alice, self.bob = rig.hs.person("alice"), rig.network.person("bob")
        self.room = ""

    async def begin(self, **settings: object) -> None:
        self.rig.settings["scan"] = self.judge.settings(**settings)
        await self.rig.start()
        self.room = await self.alice.join(ALIAS)

    async def shown(self, body: str) -> dict[str, object]:
        """What the room shows with these words in it."""
        found: dict[str, object] = await self.alice.wait_for(
            self.room, lambda event: body in str(event["content"].get("body"))
        )
        return found

    async def heard(self, text: str) -> list[str]:
        """All that the chat has heard once it has heard this."""
        await self.network.wait(lambda: text in self.network.texts(), within=30)
        return self.network.texts()

    async def audit(self) -> list[Audited]:
        return list(await AuditRows(self.parts.store.reader).latest(10))

    @property
    def parts(self):
        assert self.rig.bridge.parts is not None
        return self.rig.bridge.parts

    def count(self, direction: Direction) -> int:
        return self.parts.status.counts[NETWORK, direction, Reason.BLOCKED]


@pytest.fixture
async def stage(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(scan, "AGAIN", 0.1)
    async with Rig(tmp_path, database=database, public=True) as rig:
        yield Stage(rig, Judge(tmp_path / "judge"))
