"""`bridgekit dev` at a terminal: a prompt, two columns, and nothing that strangers could drive."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bridgekit.cli.rehearsal.screen import Screen, Side
from tests.integration.missing import need

ROOT = Path(__file__).parents[3]
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
pytestmark = pytest.mark.sqlite


class Terminal:
    """A rehearsal in a terminal of its own."""

    def __init__(self, *words: str, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridgekit.cli", "dev", *(words or ["loopback"])],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40", **environment},
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, words: str) -> str:
        """What is shown next, up to these words, without what colours it."""
        shown = b""
        while words not in (text := COLOURS.sub("", shown.decode("utf-8", "replace"))):
            assert select.select([self._ours], [], [], 60)[0], text
            shown += os.read(self._ours, 65536)
        return text

    def leave(self, key: str) -> int:
        """Press a key until that ends it, as people do: while something is printed, it is lost."""
        while self.process.poll() is None:
            self.type(key)
            while select.select([self._ours], [], [], 0.5)[0]:
                try:
                    os.read(self._ours, 65536)
                except OSError:  # the other end is closed
                    break
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    need("prompt_toolkit")
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_there_is_a_prompt_and_two_columns_until_control_d(terminal: Terminal) -> None:
    terminal.until("alice>")
    terminal.type("hello\r")
    shown = terminal.until("delivered after")
    assert re.search(r"1\s+alice: hello\s+│", shown)
    assert re.search(r"│\s+2\s+alice: hello", shown)
    terminal.type("/dance\r")
    terminal.until("There is no command /dance")
    assert terminal.leave("\x04") == 0


def test_a_reload_begins_anew_until_control_c(terminal: Terminal) -> None:
    terminal.until("alice>")
    terminal.type("hello\r")
    terminal.until("delivered after")
    terminal.type("/reload\r")
    terminal.until("the bridge starts")
    terminal.until("alice>")
    terminal.type("once more\r")
    assert re.search(r"1\s+alice: once more", terminal.until("delivered after"))
    assert terminal.leave("\x03") in (0, 130)  # 130: no prompt was drawn at that moment


@pytest.mark.parametrize("columns", [True, False])
def test_what_strangers_write_is_spelt_out_wherever_it_stands(*, columns: bool) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07\u202e\x9b1m\r\x00"
    shown = io.StringIO()
    console = Console(file=shown, width=100, markup=False, highlight=False, emoji=False)
    screen = Screen(console, hostile, lambda: 0.0, columns=columns)
    screen.heads()
    for side in Side:
        screen.message(side, hostile, f"[red]{hostile}", hostile, ours=False)
    screen.trace(hostile)
    screen.trouble(hostile)
    screen.answer(hostile)
    lines = shown.getvalue().split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    assert "[red]" in shown.getvalue()


def test_what_is_too_wide_for_a_column_goes_on_below() -> None:
    shown = io.StringIO()
    screen = Screen(Console(file=shown, width=80), "net", lambda: 0.0, columns=True)
    screen.message(Side.MATRIX, "alice", "word " * 20, "$1", ours=False)
    screen.message(Side.NETWORK, "bob", "👍" * 40, "m1", ours=False)
    lines = shown.getvalue().splitlines()
    assert len(lines) == 8
    assert {line.index("│") for line in lines} == {38}
    assert shown.getvalue().count("👍") == 40
