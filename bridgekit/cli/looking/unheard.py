"""The chats that no login hears, as the running bridge tells: it alone knows which login is for
which chat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridgekit.cli import running
from bridgekit.configuration.config import Config
from bridgekit.provisioning.api import PATH

MOST = 1_000


async def unheard(config: Config) -> Sequence[Mapping[str, Any]] | None:
    """At most `MOST`, as `chats` describes them; None: the bridge does not say."""
    asked = {"words": ["chats", f"--limit={MOST}", "--unheard"]}
    answer = await running.ask(config, f"{PATH}/do", asked, patience=running.SHORT)
    if answer is None or answer[0] != running.RUNS:
        return None
    found: Sequence[Mapping[str, Any]] = answer[1].get("chats", ())
    return found
