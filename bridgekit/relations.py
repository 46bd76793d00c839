"""What people do to messages besides writing them: each such act, by the event that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridgekit.ids import EventID, LoginID, MessageID, PortalID


class RelationKind(StrEnum):
    """What can be done to a message."""

    EDIT = "edit"
    REACTION = "reaction"
    VOTE = "vote"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class Relation:
    """What `sender` did to `message`, as the event that shows it on Matrix.

    `value` is the emoji, the stamp of the edit or the choice. `login` put it on the network;
    None: the network's own people did it.
    """

    portal: PortalID
    event: EventID
    kind: RelationKind
    message: MessageID
    sender: str
    value: str = ""
    login: LoginID | None = None
