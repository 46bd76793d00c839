"""What a server said, numbered, on disk until the bridge has stored it.

A record is `NUMBER TIME LINE` with a line end, as it goes to the bridge. Places count from the
first byte that was ever written, so that they stay when what is stored is cut off in front.
"""

import errno
import logging
import os
import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)

_CHUNK = 1 << 16
_RECORD = re.compile(rb"([1-9]\d{0,17}) \d{1,11}\.\d{3} [^\r\n]*\n")
_GRAIN = 1 << 16  # bytes between two places that are remembered
_CUT = 1 << 20  # bytes of stored records that are worth a new file


class Journal:
    """Of one connection. Its process may be killed at any time; a half-written end is cut off."""

    def __init__(self, path: Path) -> None:
        self.last = 0
        """The number of the last record."""
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._front = 0  # the place of the first byte that is still there
        self._end = 0
        self._stored = 0
        self._marks: deque[tuple[int, int]] = deque()  # numbers, and the place behind each
        self._recall()

    def _recall(self) -> None:
        """Up to what is no record, as a disk may leave it: nobody could read on behind that."""
        with self._path.open("rb") as file:
            for record in file:
                found = _RECORD.fullmatch(record)
                if found is None or int(found[1]) <= self.last:
                    break
                self._end += len(record)
                self._mark(int(found[1]))
            file.seek(self._end)
            if b"\n" in file.read():  # else it is but the end that was not written any more
                log.warning("%s is damaged: what is behind line %d is lost", self._path, self.last)
        os.ftruncate(self._file, self._end)

    def _mark(self, number: int) -> None:
        self.last = number
        if len(self._marks) > 1 and self._end - self._marks[-2][1] < _GRAIN:
            self._marks.pop()
        self._marks.append((number, self._end))

    def append(self, lines: Sequence[bytes], at: float) -> None:
        """Write down what came at a time (seconds since the epoch): all of it, or `OSError`."""
        records = b"".join(
            b"%d %.3f %b\n" % (number, at, line)
            for number, line in enumerate(lines, start=self.last + 1)
        )
        if not records:
            return
        if os.write(self._file, records) < len(records):
            os.ftruncate(self._file, self._end - self._front)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._end += len(records)
        self._mark(self.last + len(lines))

    def read(self, place: int, *, to: int | None = None) -> bytes:
        """Whole records from a place on; none at the end."""
        there = (self._end if to is None else to + self._front) - place
        chunk = os.pread(self._file, min(there, _CHUNK), place - self._front)
        return chunk[: chunk.rfind(b"\n") + 1]

    def place_after(self, number: int) -> int:
        """Where the records behind a number begin."""
        place = max((at for marked, at in self._marks if marked <= number), default=self._front)
        while chunk := self.read(place):
            for record in chunk.splitlines(keepends=True):
                if int(record.partition(b" ")[0]) > number:
                    return place
                place += len(record)
        return place

    @property
    def place_to_go_on(self) -> int:
        """Where what the bridge has not stored begins."""
        return self.place_after(self._stored)

    def stored(self, number: int) -> None:
        """Nobody needs the records up to a number any more."""
        self._stored = max(self._stored, number)
        behind = self._front
        while self._marks and self._marks[0][0] <= number:
            behind = self._marks.popleft()[1]
        if number >= self.last:
            os.ftruncate(self._file, 0)
            self._front = self._end
            self._marks.clear()
        elif behind - self._front > _CUT:
            self._cut(behind)

    def _cut(self, place: int) -> None:
        """Go on in a new file, without what lies before a place."""
        beside = self._path.with_suffix(".new")
        kept = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            self._copy(place, kept)
        except OSError:  # the disk is full: what is stored stays in front for a while
            os.close(kept)
            beside.unlink()
            return
        beside.replace(self._path)
        os.close(self._file)
        self._file, self._front = kept, place

    def _copy(self, place: int, to: int) -> None:
        """Write all from a place on into another file: all of it, or `OSError`."""
        while chunk := self.read(place):
            if os.write(to, chunk) < len(chunk):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            place += len(chunk)

    @property
    def unread(self) -> bool:
        """Whether the bridge has not stored all of it."""
        return self.last > self._stored and self._end > self._front

    def close(self, *, remove: bool) -> None:
        os.close(self._file)
        if remove:
            self._path.unlink(missing_ok=True)
