"""What is logged while a scenario is played: warnings become lines of its story, with their place.

A warning is logged where its exception is handled: there the place in the author's code is known.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from bridgekit.testing.contract.story import Story
from bridgekit.testing.faults import Told, logged

_ALWAYS_NEW = frozenset({"ref", "ms"})  # told again and again, it would be the same but for these


@contextmanager
def overheard(story: Story, *homes: Path) -> Iterator[None]:
    """The bridge prints nothing, and libraries nothing that is told in the story.

    `homes` are where the author's code is.
    """

    def take(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        story.logged.append(" ".join(map(str, event.values())))
        if method not in ("debug", "info"):
            fields = {key: value for key, value in event.items() if key not in _ALWAYS_NEW}
            story.trouble(logged(str(event["event"]), fields, sys.exc_info()[1], *homes))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[take])
    others, ours = list(logging.root.handlers), Told(partial(_take, story), *homes)
    for other in others:
        other.addFilter(_is_untold)
    logging.root.addHandler(ours)
    try:
        yield
    finally:
        logging.root.removeHandler(ours)
        for other in others:
            other.removeFilter(_is_untold)
        structlog.configure(**before)


def _take(story: Story, lines: Sequence[str]) -> None:
    story.logged += lines[:1]
    story.trouble(lines)


def _is_untold(record: logging.LogRecord) -> bool:
    return record.levelno < logging.WARNING
