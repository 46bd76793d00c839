"""The log of `bridgekit run`: one line each, whatever strangers are called."""

from __future__ import annotations

import io
import json
import logging
import warnings

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.processors import LogfmtRenderer

from bridgekit.cli.logs import LogFormat, set_up
from bridgekit.printable import printable

EVIL = "\x1b[2J\nlevel=critical event=forged \u202e\x9b\r\u2028"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def broken(_body: str) -> None:
    raise RuntimeError("broke \x1b[2J")


def written(form: LogFormat, *, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    set_up(form, stream)
    structlog.get_logger().info("delivered", room=EVIL, ms=3, why=None, ok=True)
    return stream.getvalue()


@pytest.mark.parametrize("form", [LogFormat.CONSOLE, LogFormat.LOGFMT, LogFormat.JSON])
def test_text_from_outside_neither_forges_a_line_nor_steers_the_terminal(form: LogFormat) -> None:
    text = written(form)
    assert text.endswith("\n")
    assert text.rstrip("\n").isprintable()
    assert "u202e" in text


def test_a_terminal_gets_short_times_and_a_file_key_and_value() -> None:
    terminal = written(LogFormat.AUTO, stream=Terminal())
    assert "\x1b[2J" not in terminal
    file = written(LogFormat.AUTO)
    assert file.startswith("timestamp=20")
    assert ' level=info event=delivered room="\\\\x1b[2J' in file
    assert " ms=3 why= ok=true" in file


def test_json_has_one_object_per_line() -> None:
    record = json.loads(written(LogFormat.JSON))
    assert (record["event"], record["level"], record["ms"]) == ("delivered", "info", 3)
    assert record["room"].startswith("\\x1b[2J\\nlevel")


def test_libraries_are_heard_from_warnings_on() -> None:
    stream = io.StringIO()
    set_up(LogFormat.LOGFMT, stream)
    logging.getLogger("sqlalchemy.engine").info("chatter")
    logging.getLogger("aiohttp.server").warning("bad %s", "req\nuest")
    warnings.showwarning("old", DeprecationWarning, "file.py", 1)
    first, second = stream.getvalue().splitlines()
    assert 'level=warning event="bad req\\\\nuest" logger=aiohttp.server' in first
    assert "DeprecationWarning: old" in second
    assert "logger=py.warnings" in second


@pytest.mark.parametrize("form", [LogFormat.CONSOLE, LogFormat.LOGFMT])
def test_a_traceback_stands_under_its_line_without_local_variables(form: LogFormat) -> None:
    stream = io.StringIO()
    set_up(form, stream)
    body = "ssh " * 3
    try:
        broken(body)
    except RuntimeError:
        structlog.get_logger().exception("failed")
    line, *traceback = stream.getvalue().splitlines()
    assert "failed" in line
    assert "RuntimeError: broke \\x1b[2J" in traceback[-1]
    assert body not in stream.getvalue()


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(text)

    monkeypatch.setattr(logging, "raiseExceptions", False)
    written(LogFormat.LOGFMT, stream=Broken())


def test_a_library_error_keeps_its_traceback() -> None:
    stream = io.StringIO()
    set_up(LogFormat.LOGFMT, stream)
    try:
        broken("")
    except RuntimeError:
        logging.getLogger("aiohttp.server").exception("Error handling request")
    assert "RuntimeError: broke" in stream.getvalue()


@given(
    st.dictionaries(
        st.sampled_from(["to", "ref", "room", "ms", "why"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        max_size=5,
    )
)
def test_key_and_value_are_written_as_structlog_writes_them(fields: dict[str, object]) -> None:
    stream = io.StringIO()
    set_up(LogFormat.LOGFMT, stream)
    structlog.get_logger().info("delivered", **fields)
    line = stream.getvalue().rstrip("\n")
    harmless = {
        key: printable(value) if isinstance(value, str) else value for key, value in fields.items()
    }
    known = {"level": "info", "event": "delivered"} | harmless
    expected = LogfmtRenderer(bool_as_flag=False)(None, "info", known)
    assert line.partition(" ")[2] == expected
