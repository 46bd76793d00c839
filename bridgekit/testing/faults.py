"""What went wrong in an author's code, in lines for the author: the error, and where it was raised.

They may hold whatever the error says, so they are for a rehearsal or a test, not for a log.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_DEEPEST = 3  # frames of a traceback
_UNSAID = frozenset({"event", "level", "exc_info", "ref"})
_OF_ERROR = frozenset({"error", "failure"})


def told(error: BaseException, *homes: Path) -> list[str]:
    """What went wrong in the author's code and where, a line each."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return [f"{type(error).__name__}: {error}", *places(error, *homes)]


def places(error: BaseException, *homes: Path) -> list[str]:
    """Where in the author's own code, in `homes`, it happened; else only where it was raised."""
    if isinstance(error, SyntaxError) and error.filename:
        return [f"at {_from_here(error.filename)}:{error.lineno}: {(error.text or '').strip()}"]
    frames = traceback.extract_tb(error.__traceback__)
    read = [frame for frame in frames if not frame.filename.startswith("<")]  # as "<frozen …>"
    own = [one for one in read if any(map(Path(one.filename).resolve().is_relative_to, homes))]
    return [
        f"{placed(frame.filename, frame.lineno or 0, frame.name)}: {frame.line}"
        for frame in own[-_DEEPEST:] or read[-1:]
    ]


def logged(
    name: str, fields: Mapping[str, Any], error: BaseException | None, *homes: Path
) -> list[str]:
    """What a warning says; the exception that it is about says more than its fields do."""
    given = fields.get("exc_info")
    error = given if isinstance(given, BaseException) else error
    unsaid = _UNSAID if error is None else _UNSAID | _OF_ERROR
    said = {key: str(value) for key, value in fields.items() if key not in unsaid}
    # What is logged as the reason (`why`) is mostly the error's own sentence.
    about = (
        f"{key}: {value}" for key, value in said.items() if error is None or value != str(error)
    )
    line = ", ".join([name, *about])
    if error is None:
        return [line]
    what, *where = told(error, *homes)
    return [f"{line}: {what}", *where]


class Told(logging.Handler):
    """Warnings of libraries, and whatever the adapter itself logs."""

    def __init__(self, trouble: Callable[[list[str]], object], *homes: Path) -> None:
        super().__init__(logging.WARNING)
        self._trouble, self._homes = trouble, homes

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._trouble(logged(f"{record.name}: {record.getMessage()}", {}, error, *self._homes))


def placed(filename: str, line: int, name: str) -> str:
    """A line of code, as a reader finds it."""
    return f"at {_from_here(filename)}:{line}, in {name}"


def _from_here(filename: str) -> Path:
    path, here = Path(filename), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
