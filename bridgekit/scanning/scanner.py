"""What looks through contents, whichever program that is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

LONGEST = 100  # letters of the name of what was found


class ScanFailed(Exception):  # noqa: N818 (an outcome, not a fault)
    """There is no answer. The text is for the log."""


class TooMuch(Exception):  # noqa: N818 (as above)
    """It takes nothing of that size."""


class Scanner(Protocol):
    """A program beside the bridge. Whoever asks bounds how long it may take."""

    cheap: bool
    """Whether it costs next to nothing to ask if it answers."""

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        """The name of what was found. Raises `ScanFailed` or `TooMuch`."""
        ...

    async def answers(self) -> str:
        """What it says it is; raises `ScanFailed` if it does not work."""
        ...


def named(words: str) -> str:
    """What was found, as people may see it: one line, of characters that show."""
    shown = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return shown[:LONGEST] or "something"
