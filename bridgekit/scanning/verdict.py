"""What the content scan says of something, as exceptions named by what happens next. Pure."""

from __future__ import annotations

from bridgekit.errors import Rejected, RetryLater


class Blocked(Rejected):
    """It does not cross. `found` says why, as a clause."""

    def __init__(self, found: str, what: str = "It") -> None:
        super().__init__(f"{what} was blocked: {found}")
        self.found = found

    def file(self, name: str) -> Blocked:
        """The same of a file; `name` is clean."""
        return Blocked(self.found, f"The file {name}")


class ScannerAway(RetryLater):
    """Nobody could look through it just now."""
