"""What is typed: at a prompt with a history, or line by line from a pipe, a file or a terminal."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TextIO

_LONGEST = 1 << 20
_PIECE = 1 << 16


def at_a_terminal() -> bool:
    """Whether a prompt can be drawn."""
    capable = os.environ.get("TERM", "dumb") != "dumb"
    both = sys.stdin.isatty() and sys.stdout.isatty()
    return both and capable and find_spec("prompt_toolkit") is not None


def scripted() -> bool:
    """Whether nobody sits there who could mend what was mistyped."""
    return not sys.stdin.isatty()


@contextmanager
def undisturbed(*, prompt: bool) -> Iterator[None]:
    """What is printed meanwhile goes above the prompt, if there is one."""
    if not prompt:
        yield
        return
    from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415 (of an extra)

    with patch_stdout(raw=True):  # what is printed is harmless already, and coloured
        yield


async def prompted(words: Iterable[str]) -> AsyncIterator[str]:
    """Lines with editing and a history, until Ctrl-C or Ctrl-D; `words` are completed."""
    from prompt_toolkit import PromptSession  # noqa: PLC0415 (of an extra)
    from prompt_toolkit.completion import WordCompleter  # noqa: PLC0415 (of an extra)

    completer = WordCompleter([f"/{word}" for word in words], sentence=True)
    session: PromptSession[str] = PromptSession(
        completer=completer,
        complete_while_typing=False,
        erase_when_done=True,  # the transcript has it then
        reserve_space_for_menu=4,
    )
    while True:
        try:
            yield await session.prompt_async("alice> ")
        except (EOFError, KeyboardInterrupt):
            return


async def plain(source: TextIO) -> AsyncIterator[str]:
    """Lines as they come, without ever being stuck in a read."""
    reader = asyncio.StreamReader(limit=_LONGEST)
    file = _watched(source, reader)
    if file is None:
        for line in source:
            yield line.rstrip("\n")
        return
    try:
        while data := await reader.readline():
            yield data.decode("utf-8", "replace").rstrip("\n")
    finally:
        asyncio.get_running_loop().remove_reader(file)


def _watched(source: TextIO, reader: asyncio.StreamReader) -> int | None:
    """The descriptor whose data `reader` is fed with; None: that of a file, never waited for."""
    loop = asyncio.get_running_loop()

    def more() -> None:
        data = os.read(file, _PIECE)
        if data:
            reader.feed_data(data)
        else:
            loop.remove_reader(file)
            reader.feed_eof()

    try:
        file = source.fileno()
        loop.add_reader(file, more)
    except (io.UnsupportedOperation, PermissionError):
        return None
    return file
