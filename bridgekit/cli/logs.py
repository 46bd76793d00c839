"""The log of `bridgekit run`: one line per outcome, for a terminal, a file or a program.

Whatever comes from outside is spelt out where it would steer a terminal or forge a line. A log
that cannot be written never stops the bridge. Our own lines go straight to the stream: by way of
`logging`, which the libraries use, each would cost twice as much, and there is one per message.
"""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from contextlib import nullcontext, suppress
from enum import StrEnum
from typing import Any, TextIO

import structlog
from structlog.dev import plain_traceback
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from bridgekit.printable import printable, printable_lines

_INTERNAL = frozenset({"_record", "_from_structlog", "exc_info", "stack_info"})
_NUMBERS = (bool, int, float)


class LogFormat(StrEnum):
    """`auto`: `console` on a terminal, else `logfmt`."""

    AUTO = "auto"
    CONSOLE = "console"
    LOGFMT = "logfmt"
    JSON = "json"


class Loudness:
    """The least that is said; it may change while the bridge runs."""

    def __init__(self) -> None:
        self._least = logging.INFO

    def set(self, level: str) -> None:
        """`info`, `warning` or `error`."""
        self._least = getattr(logging, level.upper())

    def __call__(
        self, _logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        if self._least > logging.INFO and _RANKS.get(method, logging.ERROR) < self._least:
            raise structlog.DropEvent
        return event


_RANKS = {"info": logging.INFO, "warning": logging.WARNING}


def set_up(form: LogFormat, stream: TextIO) -> Loudness:
    """Send what we log, and warnings of the libraries, to `stream`."""
    loudness = Loudness()
    if form is LogFormat.AUTO:
        form = LogFormat.CONSOLE if stream.isatty() else LogFormat.LOGFMT
    prepare: list[Processor] = [
        structlog.processors.add_log_level,
        _time(form),
        format_exc_info,
        _harmless,
    ]
    renderer = _renderer(form, stream)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *prepare],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    lines = _Lines(handler)
    structlog.configure(
        processors=[loudness, *prepare, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    return loudness


class _Lines:
    """Where our own lines end; they and those of the libraries are never written into another."""

    def __init__(self, handler: logging.StreamHandler[TextIO]) -> None:
        self._handler = handler

    def info(self, line: str) -> None:
        stream = self._handler.stream
        with self._handler.lock or nullcontext(), suppress(OSError, ValueError):
            stream.write(line + "\n")
            stream.flush()

    warning = error = critical = exception = info


def silence() -> None:
    """Log nothing: for commands whose output is their answer."""
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    structlog.configure(processors=[_drop], cache_logger_on_first_use=False)


def _drop(_logger: Any, _method: str, _event: MutableMapping[str, Any]) -> Any:
    raise structlog.DropEvent


def _time(form: LogFormat) -> Processor:
    if form is LogFormat.CONSOLE:
        return TimeStamper(fmt="%H:%M:%S", utc=False)
    return TimeStamper(fmt="iso", utc=True)


def _renderer(form: LogFormat, stream: TextIO) -> Processor:
    match form:
        case LogFormat.JSON:
            return JSONRenderer()
        case LogFormat.CONSOLE:
            # The default would show local variables, and with them what people wrote.
            return structlog.dev.ConsoleRenderer(
                colors=stream.isatty(), exception_formatter=plain_traceback
            )
        case _:
            return _logfmt


_FIRST = ("timestamp", "level", "event")
_plain = re.compile(r"[^ \"=]*").fullmatch


def _logfmt(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """As structlog's `LogfmtRenderer` has it, in a third of its time: a line is a message's cost.

    A traceback stands under its line, indented: in it, nobody could read it.
    """
    traceback = str(event.pop("exception", "")).splitlines()
    pairs = [(key, event.pop(key, None)) for key in _FIRST]
    line = " ".join([f"{key}={_word(value)}" for key, value in (*pairs, *event.items())])
    return "\n  ".join([line, *traceback]) if traceback else line


def _word(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _plain(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _harmless(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A name with a line break must not look like a line of its own, nor ESC move the cursor."""
    for key, value in event.items():
        if key in _INTERNAL or value is None or isinstance(value, _NUMBERS):
            continue
        text = str(value)
        event[key] = printable_lines(text) if key == "exception" else printable(text)
    return event
