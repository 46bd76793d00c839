"""`--watch`: the same again every two seconds, in place on a terminal, until Ctrl-C."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

EVERY = 2.0  # seconds
_HOME = "\x1b[H\x1b[J"  # to the first line, and nothing below it

Watch = Annotated[
    bool, typer.Option("--watch", help="Show it again every 2 seconds, until Ctrl-C.")
]


def fitting(limit: int, lines: int) -> int:
    """As many as a terminal shows at once, where each takes so many lines; `limit` elsewhere."""
    if not sys.stdout.isatty():
        return limit
    rows = shutil.get_terminal_size().lines - 3  # a head, and two lines below
    return max(1, min(limit, rows // lines))


def shown(show: Callable[[], None], *, watch: bool) -> None:
    """Once, or again and again."""
    if not watch:
        show()
        return
    try:
        while True:
            if sys.stdout.isatty():
                typer.echo(_HOME, nl=False)
                typer.echo(f"{time.strftime('%H:%M:%S')}, every {EVERY:.0f} s; Ctrl-C ends it.")
            show()
            time.sleep(EVERY)
    except KeyboardInterrupt:
        return
