"""What is known of a job between its tries: which parts were sent, and how it ends if it fails.

Kept in memory only, for jobs that were begun and are not ended: the tables say the same after a
crash, but for the flight, which a new process begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bridgekit.adapter import Sent
from bridgekit.ids import EventID, LoginID, PortalID
from bridgekit.models import Link, Part, PartState
from bridgekit.store.progress import Pending
from bridgekit.to_network.plan import piece_in


@dataclass(frozen=True, slots=True)
class Blamed:
    """The login was refused for this job, and `why`, when so many others had been taken by it.

    `proven`: the next one was taken at once.
    """

    why: str
    taken: int
    proven: bool = False


@dataclass(slots=True)
class Underway:
    """One job of `total` parts, done by `sender` through `login`.

    `doubt`: nobody knows whether this part was sent; nor, if `unmarked`, what an earlier process
    sent. `refused`: the network has answered no. `verdict`: how it fails, once that is sure.
    `notes` are what its sender is told once it is sent; a crash in between loses them.
    """

    sender: str = ""
    login: LoginID | None = None
    total: int = 1
    land: Callable[[], None] | None = None
    sent: dict[int, tuple[Part, Sent]] = field(default_factory=dict)
    doubt: Part | None = None
    unmarked: bool = False
    refused: bool = False
    verdict: Exception | None = None
    blamed: Blamed | None = None
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def sure(self) -> bool:
        """Whether what is not known as sent was surely not."""
        return self.doubt is None and not self.unmarked

    def landed(self) -> None:
        """The outcome is stored, or there is none yet and surely nothing was sent."""
        if self.land is not None:
            self.land()
            self.land = None

    def recall(self, parts: Sequence[Part]) -> None:
        """What an earlier process stored: the parts that it sent, and the one it was sending."""
        self.total = max(self.total, len(parts))
        for part in parts:
            if part.number in self.sent:
                continue
            if part.state is PartState.SENT:
                self.sent[part.number] = (part, answer_of(part))
            elif part.state is not PartState.PLANNED:
                self.doubt = part

    def links(self, portal: PortalID, source: EventID) -> list[Link]:
        """What ties the messages that were sent to the event that they come from."""
        return [
            Link(portal, message, *_place(part, source), self.sender, login=self.login)
            for part, answer in self.sent.values()
            for message in answer.ids
        ]

    def pending(self, portal: PortalID, source: EventID) -> list[Pending]:
        """The sends whose ID comes with their echo, which waits until these are stored.

        A part in doubt is among them: if its echo comes after all, it is known as ours.
        """
        waiting = [part for part, answer in self.sent.values() if answer.pending]
        if self.doubt is not None:
            waiting.append(self.doubt)
        return [
            Pending(portal, part.txn, *_place(part, source), self.sender, self.login)
            for part in waiting
        ]

    def targets(self) -> tuple[str, ...]:
        """The IDs under which the network has it."""
        return tuple(message for _, answer in self.sent.values() for message in answer.ids)


def _place(part: Part, source: EventID) -> tuple[int, EventID]:
    """Which piece of which event it is."""
    if part.body is None:
        return part.number, source
    piece = piece_in(part)
    number = part.number if piece.number is None else piece.number
    return number, piece.event or source


def answer_of(part: Part) -> Sent:
    """What the network answered to a part that is stored as sent.

    Without an ID it may have been one whose ID was to come with its echo.
    """
    return Sent(part.ids, pending=not part.ids)
