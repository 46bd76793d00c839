"""A command as the scanner: it reads the content, and its exit code says what it thinks of it.

The codes are those of clamscan: 0 for nothing, 1 for something, all else for "I do not know".
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import BinaryIO

from bridgekit.configuration.overrides import PREFIX
from bridgekit.scanning.scanner import ScanFailed, named

_SAID = 4096  # bytes that are read of what it prints
_FOUND = re.compile(r".*: (.+) FOUND")


class CommandScanner:
    """A process for each content; no shell reads the words of the command."""

    cheap = False

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        """See `Scanner.scan`."""
        # A file takes what it prints, however much that is: a pipe that nobody reads would stop it.
        with tempfile.TemporaryFile(prefix="bridgekit-") as said:
            code = await self._run(pieces, said)
            if code == 0:
                return None
            said.seek(0)
            words = said.read(_SAID).decode(errors="replace")
        if code == 1:
            return _name(words)
        raise ScanFailed(f"it ended with {code}")

    async def answers(self) -> str:
        """Looks through some harmless words."""
        if await self.scan(_harmless()) is not None:
            raise ScanFailed("it takes harmless words for dangerous")
        return self._command[0]

    async def _run(self, pieces: AsyncIterator[bytes], said: BinaryIO) -> int:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=said,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                env=_environment(),
            )
        except OSError as error:
            raise ScanFailed(f"{type(error).__name__}: {error.strerror or error}") from error
        assert process.stdin is not None  # noqa: S101 (a pipe, see above)
        try:
            with suppress(ConnectionError):  # it may have seen enough; its code says of what
                async for piece in pieces:
                    process.stdin.write(piece)
                    await process.stdin.drain()
            process.stdin.close()
            return await process.wait()
        finally:
            with suppress(ProcessLookupError):  # with all that it started
                os.killpg(process.pid, signal.SIGKILL)
            process.stdin.close()
            await process.wait()


def _environment() -> dict[str, str]:
    """Without the bridge's own secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


async def _harmless() -> AsyncIterator[bytes]:
    yield b"Nothing in here."


def _name(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    found = next((match[1] for line in lines if (match := _FOUND.fullmatch(line))), None)
    return named(found or (lines[0] if lines else ""))
