"""What the bridge logs during a rehearsal: outcomes are looked up, warnings told with their place.

A warning is logged where its exception is handled: there the place in the author's code is known.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import structlog

from bridgekit.cli.rehearsal.fakes import places
from bridgekit.models import Result

_RESULTS = {result.value for result in Result}
_UNSAID = frozenset({"event", "level", "exc_info", "ref"})
_OF_ERROR = frozenset({"error", "failure"})


def listen(ended: Callable[[str], object], trouble: Callable[[str], object], home: Path) -> None:
    """Call `ended` with the reference of each job that ended, `trouble` with what went wrong."""

    def take(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        name = str(event["event"])
        if name in _RESULTS and "ref" in event:
            ended(str(event["ref"]))
        elif method not in ("debug", "info"):
            for line in _lines(name, event, sys.exc_info()[1], home):
                trouble(line)
        raise structlog.DropEvent

    structlog.configure(
        processors=[take],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Told(trouble, home)], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def _lines(
    name: str, event: MutableMapping[str, Any], error: BaseException | None, home: Path
) -> list[str]:
    given = event.get("exc_info")
    error = given if isinstance(given, BaseException) else error
    unsaid = _UNSAID if error is None else _UNSAID | _OF_ERROR
    about = [f"{key}: {value}" for key, value in event.items() if key not in unsaid]
    reference = [str(event["ref"])] if "ref" in event else []
    line = ", ".join([*reference, name, *about])
    if error is None:
        return [line]
    return [f"{line}: {type(error).__name__}: {error}", *places(error, home)]


class _Told(logging.Handler):
    """Warnings of libraries, and whatever the adapter itself logs."""

    def __init__(self, trouble: Callable[[str], object], home: Path) -> None:
        super().__init__()
        self._trouble, self._home = trouble, home

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        for line in _lines(f"{record.name}: {record.getMessage()}", {}, error, self._home):
            self._trouble(line)
