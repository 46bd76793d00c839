"""Asks the process of `automata`, and stops it where a pattern takes time without end."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PROGRAM = Path(__file__).with_name("automata.py")  # imported by nobody else: it takes its time
PATIENCE = 3.0  # seconds for one question; an ordinary one takes a hundredth
_STARTING = 20.0  # seconds that the process may take to start, on a machine that is busy


@dataclass(frozen=True, slots=True)
class FirstMatch:
    """Which of these names does the pattern claim first? `anywhere`: as Dendrite looks."""

    pattern: str
    names: Sequence[str]
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Common:
    """Asks for the shortest name that both patterns claim."""

    pattern: str
    other: str


class Undecided(Exception):  # noqa: N818 (an answer)
    """Nobody can say: the patterns are beyond what can be computed."""


class TookForever(Undecided):
    """There was no answer in time."""


class Oracle:
    """`with Oracle() as oracle: oracle.ask(…)`. An answer that came is remembered."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._known: dict[str, dict[str, Any] | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def ask(self, question: FirstMatch | Common) -> str | None:
        """The name; None if there is none. Raises `Undecided`."""
        line = json.dumps(asdict(question))
        if line not in self._known:
            self._known[line] = self._asked(line)
        answer = self._known[line]
        if answer is None:
            raise TookForever
        if "said" not in answer:
            raise Undecided
        said: str | None = answer["said"]
        return said

    def _asked(self, line: str) -> dict[str, Any] | None:
        process = self._started()
        answer = self._exchange(process, line, PATIENCE)
        if answer is None:
            self._stop()
            return None
        found: dict[str, Any] = json.loads(answer) if answer else {}
        return found

    def _exchange(self, process: subprocess.Popen[str], line: str, patience: float) -> str | None:
        """The line of its answer, "" if it has died; None if there was none in time."""
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 (pipes)
        try:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        except BrokenPipeError:
            self._stop()
            return ""
        ready, _, _ = select.select([process.stdout], [], [], patience)
        if not ready:
            return None
        answer = process.stdout.readline()
        if not answer:
            self._stop()
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None:
            return self._process
        self._process = subprocess.Popen(  # noqa: S603 (ourselves; the patterns come over a pipe)
            [sys.executable, str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        first = json.dumps(asdict(FirstMatch("x", ())))
        self._exchange(self._process, first, _STARTING)
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
