"""A whole bridge between the fake homeserver and the loopback network."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridgekit.testing.rig import Rig


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, database=database) as rig:
        yield rig
