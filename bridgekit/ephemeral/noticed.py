"""What a network tells of people who say nothing: who types, and how far somebody has read.

Pure: what of it is stored with the rest that was delivered, and what is only passed on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bridgekit.events import Content, Receipt, RemoteEvent, Typing
from bridgekit.ids import RemoteUserID
from bridgekit.models import Direction, Portal
from bridgekit.reasons import Reason
from bridgekit.store.receipts import ReadUpTo

TYPED_LATELY = timedelta(seconds=30)


@dataclass(slots=True)
class Noticed:
    """Of one delivery. `typing` is worth nothing a moment later."""

    receipts: list[ReadUpTo] = field(default_factory=list)
    typing: list[tuple[Portal, RemoteUserID, bool]] = field(default_factory=list)


def notice(
    noticed: Noticed, portal: Portal, event: RemoteEvent[Content], now: datetime
) -> Reason | None:
    """Add a receipt or typing of somebody else's; returns why not."""
    if event.sender is None:
        return Reason.NOT_BRIDGED_KIND
    match event.content:
        case Receipt(up_to=message):
            at = int(now.timestamp() * 1000)
            read = ReadUpTo(portal.id, Direction.TO_MATRIX, event.sender, message, at)
            noticed.receipts.append(read)
        case Typing(active=active):
            if now - _aware(event.at or now) > TYPED_LATELY:
                return Reason.EXPIRED  # after an outage, say
            noticed.typing.append((portal, event.sender, active))
        case _:
            return Reason.NOT_BRIDGED_KIND
    return None


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
