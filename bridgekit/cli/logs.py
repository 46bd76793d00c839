"""The log of `bridgekit run`: one line per outcome, for a terminal, a file or a program.

Whatever comes from outside is spelt out where it would steer a terminal or forge a line. A log
that cannot be written never stops the bridge (`logging` swallows what a handler raises).
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any, TextIO

import structlog
from structlog.dev import plain_traceback
from structlog.processors import JSONRenderer, LogfmtRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from bridgekit.cli.output import printable, printable_lines

_OURS = "bridgekit"
_INTERNAL = ("_record", "_from_structlog", "exc_info", "stack_info")


class LogFormat(StrEnum):
    """`auto`: `console` on a terminal, else `logfmt`."""

    AUTO = "auto"
    CONSOLE = "console"
    LOGFMT = "logfmt"
    JSON = "json"


def set_up(form: LogFormat, stream: TextIO) -> None:
    """Send what we log, and warnings of the libraries, to `stream`."""
    if form is LogFormat.AUTO:
        form = LogFormat.CONSOLE if stream.isatty() else LogFormat.LOGFMT
    prepare: list[Processor] = [
        structlog.processors.add_log_level,
        _time(form),
        format_exc_info,
        _harmless,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, _renderer(form, stream)],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *prepare],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger(_OURS).setLevel(logging.INFO)
    structlog.configure(
        processors=[*prepare, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: logging.getLogger(_OURS),
        cache_logger_on_first_use=False,
    )


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


_one_line = LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False)


def _logfmt(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """A traceback stands under its line, indented: in it, nobody could read it."""
    traceback = str(event.pop("exception", ""))
    return "\n  ".join([_one_line(logger, method, event), *traceback.splitlines()])


def _harmless(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A name with a line break must not look like a line of its own, nor ESC move the cursor."""
    for key, value in event.items():
        if key in _INTERNAL or value is None or isinstance(value, bool | int | float):
            continue
        text = str(value)
        event[key] = printable_lines(text) if key == "exception" else printable(text)
    return event
