"""Which chat of a room somebody means, who may leave out what is clear."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.commands.refusals import Mistyped, Unknown
from bridgekit.ids import NetworkName
from bridgekit.models import Portal


def which(portals: Sequence[Portal], network: NetworkName | None, chat: str | None) -> Portal:
    """The one that fits; raises `Unknown` or `Mistyped`, which names those that there are."""
    found = [
        one
        for one in portals
        if network in (None, one.key.network) and chat in (None, one.key.chat)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{one.key.network} {one.key.chat}" for one in portals if not one.private)
    if not found:
        raise Unknown(f"This room has no such chat; it has: {names or 'a direct chat'}.")
    raise Mistyped(f"This room has several chats; say which: {names}.", "network")
