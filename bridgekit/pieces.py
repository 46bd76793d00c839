"""A piece: one thing that a job sends, as its plan keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.events import Content
from bridgekit.ids import EventID


@dataclass(frozen=True, slots=True)
class Piece:
    """`event` is the one that the message belongs to, and `number` its place there; None: the job's
    own, in the order of its pieces.
    """

    content: Content
    event: EventID | None = None
    number: int | None = None
