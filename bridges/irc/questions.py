"""What people ask a server, and its answers of several lines: WHOIS, NAMES, LIST, MODE.

One question at a time, as answers do not say what they answer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bridgekit import RetryLater
from bridges.irc.wire import Line, compose

_MOST = 200  # lines of an answer; a LIST may have a hundred thousand
_REFUSALS = frozenset({"263", "402", "403", "416", "421", "442", "461", "481", "482"})


@dataclass(frozen=True, slots=True)
class Question:
    """A command; `parts` are the numerics of its answer, `end` the one behind the last of them.

    `instead`: another one that may end it. `most`: lines that are kept of it.
    """

    words: tuple[str, ...]
    parts: frozenset[str]
    end: str
    instead: str = ""
    most: int = _MOST


@dataclass(slots=True)
class _Open:
    question: Question
    answered: asyncio.Future[list[Line]]
    lines: list[Line] = field(default_factory=list)


class Questions:
    """Of one connection. `patience`: seconds for an answer."""

    def __init__(self, write: Callable[[str], None], patience: float) -> None:
        self._write, self._patience = write, patience
        self._turn = asyncio.Lock()
        self._open: _Open | None = None

    async def ask(self, question: Question, patience: float | None = None) -> list[Line]:
        """The lines of the answer, a refusal among them; raises `RetryLater` if none comes.

        `patience`: seconds for this one.
        """
        async with self._turn:
            answered: asyncio.Future[list[Line]] = asyncio.get_running_loop().create_future()
            self._open = _Open(question, answered)
            self._write(compose(*question.words))
            try:
                async with asyncio.timeout(patience or self._patience):
                    return await answered
            except TimeoutError:
                raise RetryLater("The IRC server does not answer; try again later.") from None
            finally:
                self._open = None

    def take(self, line: Line) -> bool:
        """Whether `line` is of an answer."""
        asked = self._open
        if asked is None or asked.answered.done():
            return False
        refused = line.command in _REFUSALS
        part = line.command in asked.question.parts
        if (part or refused) and len(asked.lines) < asked.question.most:
            asked.lines.append(line)
        if refused or line.command in (asked.question.end, asked.question.instead):
            asked.answered.set_result(asked.lines)
        return part or refused

    def lost(self) -> None:
        """The connection is gone."""
        if self._open is not None and not self._open.answered.done():
            self._open.answered.set_exception(RetryLater("The connection to IRC is down."))
