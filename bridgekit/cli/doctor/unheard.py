"""The check of `doctor` on chats whose rooms are silent, as no login hears them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator

from bridgekit.adapter_supports import Finding
from bridgekit.cli.looking.unheard import MOST, unheard
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_people import CHAT_UNHEARD

_NAMED = 5  # rooms; `bridgekit portals` marks each


async def silent(config: Config) -> AsyncIterator[Finding]:
    """Only the bridge itself knows; where it does not run, nothing crosses anywhere."""
    found = await unheard(config) or ()
    rooms: defaultdict[str, list[str]] = defaultdict(list)
    for one in found:
        rooms[one["network"]].append(f"{one['chat']} in {one['room']}")
    for network, chats in rooms.items():
        named = ", ".join(chats[:_NAMED])
        more = f" and {len(chats) - _NAMED} more" if len(chats) > _NAMED else ""
        least = "At least " if len(found) >= MOST else ""
        yield CHAT_UNHEARD.found(
            f"{least}{count(len(chats), 'chat')} of {network} without a login of the bridge's own "
            f"that hears it: {named}{more}.",
            f"bridgekit sign-in {network} --relay; or mend the configuration of {network}, or "
            "unlink the chat. `bridgekit portals` marks each.",
        )
