"""What was read, up to a batch whose end has not come yet: that waits, with all behind it.

What is stored is stored with the number of its last line, and a next process goes on behind that.
Within a batch it would take what is left of it for lines of their own: a part of a message for a
message, the past for what is said now. IRCv3 batch.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from bridges.irc.wire import MalformedLineError, decode, parse

_MOST = 2_000  # lines that wait
_PATIENCE = 10.0  # seconds; a server writes a batch in one go


class Unbroken:
    """Of one connection. A batch that does not end in time is not waited for any more."""

    def __init__(self) -> None:
        self.until: float | None = None
        """When nobody waits for the end any more, by the loop's clock; None: nothing waits."""
        self._waiting: list[bytes] = []
        self._open: set[str] = set()

    def __len__(self) -> int:
        """How many lines wait."""
        return len(self._waiting)

    def take(self, received: Sequence[bytes]) -> list[bytes]:
        """Those that need not wait, in order."""
        ready: list[bytes] = []
        for raw in received:
            self._mark(raw)
            self._waiting.append(raw)
            if not self._open:
                ready += self._waiting
                self._waiting.clear()
        if len(self._waiting) > _MOST:
            return ready + self.rest()
        if not self._waiting:
            self.until = None
        elif self.until is None:
            self.until = asyncio.get_running_loop().time() + _PATIENCE
        return ready

    def rest(self) -> list[bytes]:
        """All that waits; nothing waits for what is open now."""
        rest, self._waiting, self.until = self._waiting, [], None
        self._open.clear()
        return rest

    def _mark(self, raw: bytes) -> None:
        if b"BATCH" not in raw.upper():
            return
        with suppress(MalformedLineError):
            line = parse(decode(raw))
            if line.command == "BATCH" and line.param(0).startswith("+"):
                self._open.add(line.param(0)[1:])
            elif line.command == "BATCH":
                self._open.discard(line.param(0)[1:])
