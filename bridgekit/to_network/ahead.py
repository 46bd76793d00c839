"""What may be sent before the end of what was sent last is stored (delivery rule 17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.said import MESSAGES


def goes_ahead(event: Mapping[str, Any]) -> bool:
    """Whether it stands alone: all else may be about what is in a commit that is under way.

    So states (reactions, topics …), which are repeated after a crash, never overtake one another.
    """
    return event["type"] in MESSAGES and "m.relates_to" not in event["content"]
