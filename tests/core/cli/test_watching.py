"""`--watch`: as much as a terminal shows at once, and the time that it is of."""

from __future__ import annotations

import os

import pytest

from bridgekit.cli.looking import watching


class Terminal:
    """Standard output that is one; what is written is kept."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...


def test_a_list_is_no_longer_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watching.fitting(100, lines=3) == 100, "what is no terminal has room for all"
    monkeypatch.setattr(watching.sys, "stdout", Terminal())
    monkeypatch.setattr(watching.shutil, "get_terminal_size", lambda: os.terminal_size((80, 24)))
    assert watching.fitting(100, lines=3) == 7
    assert watching.fitting(2, lines=3) == 2
    monkeypatch.setattr(watching.shutil, "get_terminal_size", lambda: os.terminal_size((80, 2)))
    assert watching.fitting(100, lines=3) == 1


def test_each_time_it_begins_at_the_top_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()

    def pause(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching.sys, "stdout", terminal)
    monkeypatch.setattr(watching.time, "sleep", pause)
    watching.shown(lambda: terminal.write("the list"), watch=True)
    head, _, rest = terminal.text.partition("\n")
    assert head.startswith("\x1b[H\x1b[J")
    assert head.endswith("every 2 s; Ctrl-C ends it.")
    assert rest == "the list"
