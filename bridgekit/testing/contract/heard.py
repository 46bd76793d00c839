"""Waiting for what the bridge does on the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.events import Content
from bridgekit.testing.contract.stage import Stage


def acts(stage: Stage, kind: type[Content]) -> list[Any]:
    """Whatever of this kind it has done."""
    return [one.content for one in stage.network.heard() if isinstance(one.content, kind)]


async def done(stage: Stage, kind: type[Content], right: Callable[[Any], bool]) -> None:
    """Wait until it has done this."""
    await stage.until(
        lambda: any(right(one) for one in acts(stage, kind)),
        f"the right {kind.__name__} is heard on the network",
    )
