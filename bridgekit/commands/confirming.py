"""What somebody was shown and has not yet confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.clock import Clock
from bridgekit.commands.refusals import Mistyped
from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU

CONFIRM = "confirm"
WITHIN = 300.0  # seconds in which `confirm` means what was shown last
KEPT = 1_000


class Confirming:
    """`confirm` is the command that was shown last, given again with what it showed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: LRU[tuple[RoomID, UserID], tuple[float, Sequence[str]]] = LRU(KEPT)

    def show(self, room: RoomID, user: UserID, words: Sequence[str], confirm: str) -> None:
        """They see what these words would do; `confirm` names that."""
        meant = (*words, f"--{CONFIRM}={confirm}")
        self._shown.put((room, user), (self._clock.monotonic(), meant))

    def meant(self, room: RoomID, user: UserID, words: Sequence[str]) -> Sequence[str]:
        """What these words say in full. Raises `Mistyped` where nothing is to be confirmed."""
        *again, last = words or ("",)
        shown = self._shown.get((room, user))
        # Whoever repeats the command and confirms it means what `confirm` alone does.
        if last.lower() != CONFIRM or (again and (shown is None or again != [*shown[1][:-1]])):
            return words
        self._shown.forget((room, user))
        if shown is None or self._clock.monotonic() - shown[0] > WITHIN:
            raise Mistyped("There is nothing to confirm (any more): say again what you want.")
        return shown[1]
