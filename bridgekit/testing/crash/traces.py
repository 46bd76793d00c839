"""Whether a kill leaves anything that one a moment ago would not have left.

What only the memory of the bridge knows dies with it. So whatever code ran that is neither the
bridge's own nor a library's, an adapter, a network or a homeserver, may have left a trace; so has
all that went over a connection.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import bridgekit
from bridgekit.testing.crash.wire import Listening, Wire

_ROOT = Path(bridgekit.__file__).parent
_TESTING = f"{_ROOT / 'testing'}/"
_HARNESS = f"{Path(__file__).parent}/"
_WITHOUT_TRACE = (
    "<",  # code that was made while it ran
    f"{_ROOT}/",
    *(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "purelib", "platlib")),
)

# What goes over a connection, and who can be reached.
_CROSSINGS = frozenset(
    one.__code__ for one in (Wire.tell, Listening.__init__, Listening.accept, Listening.close)
)


class Traces:
    """`count` grows with each; `own` is how the files of an adapter begin, wherever they are."""

    def __init__(self, own: Sequence[str] = ()) -> None:
        self.count = 0
        self._own = tuple(own)
        self._leaves: dict[CodeType, bool] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What this thread does is watched here, until `ignore` in any case."""
        sys.setprofile(self._called)
        try:
            yield
        finally:
            self.ignore()

    def ignore(self) -> None:
        """From here on: to watch doubles what all costs."""
        sys.setprofile(None)

    def _called(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call":  # a coroutine that goes on is called, too
            code = frame.f_code
            if code not in self._leaves:
                self._leaves[code] = code in _CROSSINGS or self._foreign(code.co_filename)
            self.count += self._leaves[code]

    def _foreign(self, file: str) -> bool:
        if file.startswith(_HARNESS):
            return False
        return file.startswith((*self._own, _TESTING)) or not file.startswith(_WITHOUT_TRACE)
