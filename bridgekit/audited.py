"""A change that somebody told the bridge to make, as it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridgekit.ids import RoomID, UserID
from bridgekit.models import Millis


class AuditOutcome(StrEnum):
    """How it ended. Stored; never renamed."""

    BEGUN = "begun"  # under way, or the bridge stopped before it ended: nobody knows
    SHOWN = "shown"  # nothing was changed: whoever asked was shown what would be
    DONE = "done"
    REFUSED = "refused"  # whoever asked may not
    FAILED = "failed"  # `detail` says why


@dataclass(frozen=True, slots=True)
class Audited:
    """`arguments` is JSON without secrets, `via` how they showed who they are (`Via`)."""

    key: str
    at: Millis
    user: UserID
    via: str
    command: str
    arguments: str
    room: RoomID | None
    outcome: AuditOutcome = AuditOutcome.BEGUN
    detail: str = ""


@dataclass(frozen=True, slots=True)
class APIToken:
    """What is known of a token for programs; `expires` 0 is never, `used_at` 0 not yet.

    `made_by` is the digest of the token that made it; it ends with that one.
    """

    digest: str
    owner: UserID
    name: str
    scopes: frozenset[str]
    made_at: Millis
    expires: Millis
    used_at: Millis = 0
    made_by: str = ""
