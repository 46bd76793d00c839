"""Lines that belong together: netsplits, the past of a channel, and messages of several lines.

IRCv3 batch, and draft/multiline: each line of such a message comes by itself, and is nothing yet.
"""

from dataclasses import dataclass, field, replace

from bridges.irc.wire import Line

HISTORY, SPLIT = "chathistory", "netsplit"
REMEMBERING = "draft/chathistory"  # the capability
MULTILINE = "draft/multiline"
_GOES_ON = "draft/multiline-concat"  # on a line that is the rest of the one before
_MOST = 100  # that are open at once
_LONGEST = 1 << 16  # characters of a message; what is behind them is left out


@dataclass(slots=True)
class _Batch:
    opening: Line
    kind: str
    whole: Line | None = None


@dataclass(slots=True)
class Batches:
    """Those that a server has open on one connection."""

    _open: dict[str, _Batch] = field(default_factory=dict)

    def kind(self, line: Line) -> str:
        """Of the batch that a line is in; "" if it is in none. Within another, it is that one's."""
        batch = self._open.get(line.tags.get("batch", ""))
        return "" if batch is None else batch.kind

    def take(self, line: Line) -> Line | None:
        """A BATCH has begun or ended; what ended may be a message, which is given as one line."""
        reference = line.param(0)[1:]
        if line.param(0).startswith("-"):
            batch = self._open.pop(reference, None)
            return None if batch is None else batch.whole
        kind = line.param(1)
        if kind != MULTILINE:
            kind = self.kind(line) or kind
        if kind:
            if len(self._open) >= _MOST:  # a server that ends none
                del self._open[next(iter(self._open))]
            self._open[reference] = _Batch(line, kind)
        return None

    def unfinished(self) -> list[Line]:
        """Of messages that have not ended, what there is, which says that it is not all."""
        parts = [batch.whole for batch in self._open.values() if batch.whole is not None]
        self._open.clear()
        return [replace(one, params=(one.param(0), f"{one.param(1)} […]")) for one in parts]

    def collects(self, line: Line) -> bool:
        """Whether a line is a part of a message that has not ended."""
        batch = self._open.get(line.tags.get("batch", ""))
        if batch is None or batch.kind != MULTILINE:
            return False
        if (
            batch.whole is None
        ):  # whose tags are those of the batch: the ID, the time, its own batch
            batch.whole = replace(line, tags=batch.opening.tags)
            return True
        before, break_ = batch.whole, "" if _GOES_ON in line.tags else "\n"
        text = f"{before.param(1)}{break_}{line.param(1)}"[:_LONGEST]
        batch.whole = replace(before, params=(before.param(0), text))
        return True
