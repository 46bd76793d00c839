"""How far one connection's hearing of a channel is from what is stored of it. Pure.

Several of our connections hear the same lines, each at its own pace, and one of them tells. Whoever
takes over tells what is ahead here and leaves out what is behind (delivery rule 22).
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KEPT, BYTES = 200, 1 << 16  # of one channel, as one connection hears it

Heard = TypeVar("Heard")


@dataclass(slots=True)
class Abreast(Generic[Heard]):
    """Names may repeat: each line that is stored stands for one that is heard.

    `patience` is in seconds: what is older was told by whoever told then, or will be by nobody.
    Five hundred connections may hear the same channel, so that none keeps much: `missed` says that
    it was too much, and that whoever takes over here cannot tell all of it, or not for sure.
    """

    patience: float
    missed: bool = False
    _ahead: deque[tuple[float, str, Heard, int]] = field(default_factory=deque)
    _behind: deque[tuple[float, int]] = field(default_factory=deque)
    _bytes: int = 0
    _missed_at: float = 0.0

    def hears(self, name: str, line: Heard, now: float, size: int = 0) -> None:
        """Keep a line of so many bytes, unless it is stored already."""
        if self.skips(name, now):
            return
        while self._ahead and self._ahead[0][0] < now - self.patience:
            self._drop()
        self._ahead.append((now, name, line, size))
        self._bytes += size
        while len(self._ahead) > KEPT or (self._bytes > BYTES and len(self._ahead) > 1):
            self._drop()
            self._misses(now)

    def _drop(self) -> None:
        self._bytes -= self._ahead.popleft()[3]

    def skips(self, name: str, now: float) -> bool:
        """Whether a line that is heard now is stored already."""
        while self._behind and self._behind[0][0] < now - self.patience:
            self._behind.popleft()
        for index, (_, stored) in enumerate(self._behind):
            if stored == hash(name):
                del self._behind[index]
                return True
        return False

    def stored(self, name: str, now: float) -> None:
        """Somebody else has told a line."""
        for index, (_, heard, _, size) in enumerate(self._ahead):
            if heard == name:
                del self._ahead[index]
                self._bytes -= size
                break
        else:
            self._behind.append((now, hash(name)))  # not the words themselves, which may be many
            if len(self._behind) > KEPT:
                self._behind.popleft()
                self._misses(now)
        if not self._ahead and not self._behind and self._missed_at < now - self.patience:
            self.missed = False  # both have all that was said, and what was dropped is too old

    def _misses(self, now: float) -> None:
        self.missed, self._missed_at = True, now

    def take(self, now: float) -> list[Heard]:
        """What is to be told by whoever takes over here, in the order in which it was said."""
        kept = [line for at, _, line, _ in self._ahead if at >= now - self.patience]
        self._forget()
        return kept

    def comes(self) -> None:
        """The connection has just entered: of what was heard before, nothing counts."""
        self._forget()
        self.missed = False

    def _forget(self) -> None:
        self._ahead.clear()
        self._bytes = 0
