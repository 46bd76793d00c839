"""What is seen of the adapter in a rehearsal: shown at once."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.cli.rehearsal.screen import Screen
from bridgekit.testing.contract.story import Story


class Telling(Story):
    """On the screen; nothing of it is kept."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(lambda: 0.0)
        self._screen = screen

    def tell(self, line: str) -> None:
        self._screen.trace(line)

    def trouble(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._screen.trouble(line)
