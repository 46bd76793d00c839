"""How far one connection's hearing of a channel is from what is stored of it. Pure.

Several of our connections hear the same lines, each at its own pace, and one of them tells. Whoever
takes over tells what is ahead here and leaves out what is behind (delivery rule 22).
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KEPT = 200  # lines

Heard = TypeVar("Heard")


@dataclass(slots=True)
class Abreast(Generic[Heard]):
    """Names may repeat: each line that is stored stands for one that is heard.

    `patience` is in seconds: what is older was told by whoever told then, or will be by nobody.
    """

    patience: float
    _ahead: deque[tuple[float, str, Heard]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _behind: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def hears(self, name: str, line: Heard, now: float) -> None:
        """Keep a line, unless it is stored already."""
        if not self.skips(name, now):
            self._ahead.append((now, name, line))

    def skips(self, name: str, now: float) -> bool:
        """Whether a line that is heard now is stored already."""
        while self._behind and self._behind[0][0] < now - self.patience:
            self._behind.popleft()
        for index, (_, stored) in enumerate(self._behind):
            if stored == name:
                del self._behind[index]
                return True
        return False

    def stored(self, name: str, now: float) -> None:
        """Somebody else has told a line."""
        for index, (_, heard, _) in enumerate(self._ahead):
            if heard == name:
                del self._ahead[index]
                return
        self._behind.append((now, name))

    def take(self, now: float) -> list[Heard]:
        """What is to be told by whoever takes over here, in the order in which it was said."""
        kept = [line for at, _, line in self._ahead if at >= now - self.patience]
        self._ahead.clear()
        return kept

    def comes(self) -> None:
        """The connection has just entered: of what was heard before, nothing counts."""
        self._ahead.clear()
