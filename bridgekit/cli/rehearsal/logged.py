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

from bridgekit.models import Result
from bridgekit.testing.faults import Told, logged

_RESULTS = {result.value for result in Result}


def listen(ended: Callable[[str], object], trouble: Callable[[str], object], home: Path) -> None:
    """Call `ended` with the reference of each job that ended, `trouble` with what went wrong."""

    def show(lines: list[str]) -> None:
        for line in lines:
            trouble(line)

    def take(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        name = str(event["event"])
        if name in _RESULTS and "ref" in event:
            ended(str(event["ref"]))
        elif method not in ("debug", "info"):
            named = f"{event['ref']}, {name}" if "ref" in event else name
            show(logged(named, event, sys.exc_info()[1], home))
        raise structlog.DropEvent

    structlog.configure(
        processors=[take],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[Told(show, home)], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
