"""The places where a bridge can die, and what they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import CodeType

import bridgekit

ROOT = Path(bridgekit.__file__).parents[1]
_HERE = Path.cwd()
_NOT_THEIRS = str(ROOT / "bridgekit" / "testing")

# Called from everywhere: whoever calls says more.
_ANSWERS = (
    "bridgekit/store/",
    "bridgekit/matrix/api",
    "bridgekit/matrix/appservice",
    "bridgekit/matrix/intents",
    "bridgekit/unin",
)
_WRITER = "bridgekit/store/writer.py:Writer.run:"
_READER = "bridgekit/store/gathering.py:FileReader."

# Where a bridge finds out what the last one left.
RECOVERY = (
    *("bridgekit/encryption/device.py", "bridgekit/encryption/mailbox.py"),
    *("bridgekit/encryption/mending.py", "bridgekit/encryption/unread_rooms.py"),
    *("bridgekit/epoch.py", "bridgekit/lanes/earlier.py", "bridgekit/matrix/inbox.py"),
    *("bridgekit/matrix/late_answers.py", "bridgekit/past/gaps.py", "bridgekit/past/open_gaps.py"),
    *("bridgekit/past/past_reader.py", "bridgekit/past/unheard.py"),
    *("bridgekit/room/linking.py", "bridgekit/room/opening.py", "bridgekit/room/rooms.py"),
    *("bridgekit/room/said_before.py", "bridgekit/sign_in/broken_off.py"),
    *("bridgekit/store/jobs.py", "bridgekit/to_matrix/doubts.py", "bridgekit/to_matrix/echo.py"),
    "bridgekit/to_network/doubt.py",
)


class Moment(StrEnum):
    """Of a task: while it waits, or with what it gave to a thread half done, or done."""

    WAITING = ""
    HALF = "half done"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Line:
    """Where a task is."""

    code: CodeType
    number: int

    def __str__(self) -> str:
        file = self.code.co_filename.removeprefix(f"{ROOT}/").removeprefix(f"{_HERE}/")
        return f"{file}:{self.code.co_qualname}:{self.number}"


@dataclass(frozen=True, slots=True)
class Point:
    """`where` is file:function:line, `occurrence` counts from 1 since the bridge started."""

    where: str
    occurrence: int
    commits: bool = False
    """A commit takes place here, or has just taken place."""
    recovers: bool = False
    """It is in code that finds out what an earlier bridge left."""
    own: bool = False
    """Code of the adapter waits here, whatever it has called."""

    def __str__(self) -> str:
        return f"{self.where}#{self.occurrence}"

    @classmethod
    def parse(cls, text: str) -> Point:
        """As it is printed. Raises `ValueError`, in words."""
        where, _, occurrence = text.rpartition("#")
        if not (where and occurrence.isascii() and occurrence.isdecimal()):
            raise ValueError(f"{text} is no point: one ends with # and a number")
        return cls(where, int(occurrence))


class Places:
    """Names points by the innermost line of the bridge, and by that of an adapter which waits for
    it: `code` are its folders and files.
    """

    def __init__(self, *code: Path) -> None:
        self._own = beginnings(code)
        self._roots = tuple(f"{path.parent}/" for path in code)
        self._ours = beginnings((ROOT / "bridgekit", ROOT / "bridges")) + self._own
        self._seen: Counter[str] = Counter()
        self._known: dict[tuple[object, ...], tuple[Point | None, Sequence[Line]]] = {}

    def of(self, lines: Sequence[Line], moment: Moment) -> Point | None:
        """None: no line of ours is in it. `lines`: the outermost first."""
        key = (moment, *[(id(line.code), line.number) for line in lines])
        if key not in self._known:
            self._known[key] = (self._first(lines, moment), lines)  # whose code so keeps its id
        found = self._known[key][0]
        if found is None:
            return None
        self._seen[found.where] += 1
        return replace(found, occurrence=self._seen[found.where])

    def _first(self, lines: Sequence[Line], moment: Moment) -> Point | None:
        ours = [line for line in lines if self._is_ours(line.code.co_filename)]
        commits = bool(moment) and _within(ours, _WRITER)
        if not ours or (moment and _within(ours, _READER)):  # a thread that reads
            return None
        inner = self._named(ours[-1])
        asks = [self._named(line) for line in ours if not str(line).startswith(_ANSWERS)]
        where = f"{asks[-1]}>{inner}" if asks and asks[-1] != inner else inner
        own = [self._named(line) for line in ours if line.code.co_filename.startswith(self._own)]
        where = f"{own[-1]}>{where}" if own and own[-1] not in where else where
        where += f"({moment})" if moment else ""
        recovers = any(line.code.co_filename.endswith(RECOVERY) for line in ours)
        return Point(where, 1, commits, recovers, bool(own))

    def _named(self, line: Line) -> str:
        """An adapter that is not below the working directory: from its package on."""
        name = str(line)
        root = next((one for one in self._roots if name.startswith(one)), "")
        return name.removeprefix(root)

    def _is_ours(self, file: str) -> bool:
        theirs = file.startswith(self._own)  # which may be an example of ours, among the tests
        return theirs or (file.startswith(self._ours) and not file.startswith(_NOT_THEIRS))

    def forget(self) -> None:
        """Count anew, as for a bridge that starts."""
        self._seen.clear()


def _within(lines: Sequence[Line], place: str) -> bool:
    return any(str(line).startswith(place) for line in lines)


def beginnings(code: Sequence[Path]) -> tuple[str, ...]:
    """What the names of its files begin with."""
    return tuple(str(path) if path.is_file() else f"{path}/" for path in code)
