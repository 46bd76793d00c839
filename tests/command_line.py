"""What the commands that attack have in common: what can be named, and how they are broken off."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import NoReturn

BROKEN_OFF = 130  # the exit code, after Ctrl-C


def parser_of(command: str, about: str | None, known: str) -> argparse.ArgumentParser:
    """`known` is all that can be named."""
    form = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(command, None, about, known, formatter_class=form)


def refuse(parser: argparse.ArgumentParser, why: str) -> NoReturn:
    """Say all that can be named and, last of all, what is wrong. The exit code is 2."""
    sys.stderr.write(f"{parser.epilog}\n\n")
    parser.error(why)


def say(*lines: object) -> None:
    """At once and in one piece: others may write to the same terminal."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


@contextmanager
def broken_off() -> Iterator[Event]:
    """Set by Ctrl-C: then what is under way comes to its end, and nothing is begun.

    Ctrl-C reaches all processes of a terminal: those that were started end by themselves, each in
    its own way. Pressed again, it ends everything at once.
    """
    pressed = Event()

    def press(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
