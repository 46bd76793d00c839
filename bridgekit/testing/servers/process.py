"""A server process for tests: started until it answers, stopped for certain, started again."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"

_POLL = 0.03
_PATIENCE = 60.0
_GRACE = 20.0
_LOG_TAIL = 4000


class ServerMissing(Exception):  # noqa: N818  nothing went wrong: there is something to install
    """A real server is not installed here; the text says how to get it."""


class ServerFailed(Exception):  # noqa: N818  reads as `ServerMissing` does
    """A server did not start; the text ends with the end of its log."""


def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 1).close()
    except OSError:
        return False
    return True


def as_child(command: Sequence[str], *, unprivileged: bool) -> list[str]:
    """The command that runs `command` as `child.py` says."""
    child = [sys.executable, "-I", "-S", str(Path(__file__).with_name("child.py"))]
    return [*child, *(["--unprivileged"] if unprivileged else []), *command]


@dataclass(slots=True)
class Process:
    """One server. `ready` says whether it answers yet; output goes to `log`."""

    name: str
    command: Sequence[str]
    workdir: Path
    ready: Callable[[], bool]
    unprivileged: bool = False
    environment: Mapping[str, str] | None = None
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        return self.workdir / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """None while it is stopped."""
        return self._running.pid if self._running else None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with ExitStack() as undo, self.log.open("ab") as log:
            undo.callback(self.kill)
            self._running = subprocess.Popen(  # noqa: S603  the command is ours
                as_child(self.command, unprivileged=self.unprivileged),
                cwd=self.workdir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,  # a Ctrl-C is for the test, which then stops it in order
            )
            self._wait_ready()
            undo.pop_all()

    def stop(self) -> None:
        """Ask it to end and see to it that it does."""
        running = self._running
        if running:
            running.terminate()
            try:
                running.wait(_GRACE)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
        self._running = None

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        if self._running:
            self._running.kill()
            self._running.wait()
        self._running = None

    def restart(self) -> None:
        """Stop it, if it runs, and start it again with the same port and data."""
        self.stop()
        self.start()

    def _wait_ready(self) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if self._running and self._running.poll() is not None:
                break
            if self.ready():
                return
            time.sleep(_POLL)  # it has no way to tell; this waits for a condition, not for a time
        tail = self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]
        raise ServerFailed(f"{self.name} did not start. Its log ends with:\n{tail}")
