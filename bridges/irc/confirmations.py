"""What became of each message and act that was written: accepted, refused, or nobody knows.

A server answers in order, so what it says without a name belongs to the oldest message that it may
concern. A label (IRCv3 labeled-response) names the message; else the answer to a PING that was
written right behind it shows that it was taken, and an echo that comes before gives its ID.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from bridgekit import MessageID, Sent
from bridges.irc.acts import Act
from bridges.irc.connection import DisconnectedError
from bridges.irc.refusals import ACT_NUMERICS, SEND_NUMERICS, refused_act, refused_message
from bridges.irc.wire import Line, compose

_REFUSALS = SEND_NUMERICS | ACT_NUMERICS
_UNNAMED = frozenset({"263", "411", "412", "417", "472"})

Fold = Callable[[str], str]


@dataclass(eq=False, slots=True)
class _Open:
    command: str
    names: frozenset[str]  # that a refusal may name; folded
    refusals: Collection[str]
    means: Callable[[Line], Exception]
    outcome: asyncio.Future[Sent]
    ids: list[MessageID] = field(default_factory=list)


class Confirmations:
    """The open messages and acts of one connection, oldest first."""

    def __init__(self, capabilities: Collection[str], fold: Fold) -> None:
        self._labelled = "labeled-response" in capabilities
        self._fold = fold
        self._open: dict[str, _Open] = {}
        self._batches: dict[str, str] = {}  # reference of an answer in several lines: its label
        self._numbers = count(1)

    def expect(
        self, command: str, target: str, text: str
    ) -> tuple[list[str], asyncio.Future[Sent]]:
        """The lines to write in one go for a message, and what will hold the outcome."""
        names, written = frozenset({self._fold(target)}), (command, target, text)
        outcome = asyncio.get_running_loop().create_future()
        means = partial(refused_message, target=target)
        waiting = _Open(command, names, SEND_NUMERICS, means, outcome)
        return self._written(waiting, written), outcome

    def expect_act(self, act: Act) -> tuple[list[str], asyncio.Future[Sent]]:
        """The same for an act."""
        names = frozenset(map(self._fold, act.params))
        outcome = asyncio.get_running_loop().create_future()
        means = partial(refused_act, doing=act.doing)
        waiting = _Open(act.command, names, ACT_NUMERICS - act.already, means, outcome)
        return self._written(waiting, (act.command, *act.params)), outcome

    def _written(self, waiting: _Open, words: Sequence[str]) -> list[str]:
        token = f"bk{next(self._numbers)}"
        label = token if self._labelled else ""
        written = [compose(*words, label=label)]
        if not label:
            written.append(f"PING {token}")
        self._open[token] = waiting
        return written

    def lost(self, error: Exception) -> None:
        """The connection is gone: nobody knows of what is still open."""
        for waiting in self._open.values():
            if not waiting.outcome.done():
                waiting.outcome.set_exception(error)
        self._open.clear()

    def take(self, line: Line, *, own: bool) -> None:
        """Look whether `line` tells of a message; `own`: we are its source."""
        if self._labelled:
            self._take_labelled(line)
        elif line.command == "PONG":
            self._pong(line)
        elif line.command in _REFUSALS:
            self._refused(self._concerned(line), line)
        elif own and line.command in ("PRIVMSG", "NOTICE"):
            self._echoed(self._oldest(line.command, self._fold(line.param(0))), line)

    def _take_labelled(self, line: Line) -> None:
        label = line.tags.get("label") or self._batches.get(line.tags.get("batch", ""))
        if line.command == "BATCH":
            reference = line.param(0)[1:]
            if line.param(0).startswith("+") and label:
                self._batches[reference] = label
            elif ended := self._batches.pop(reference, None):
                self._accept(ended)
        elif label and (waiting := self._open.get(label)):
            self._answered(label, waiting, line)
        elif line.command in _REFUSALS and (waiting := self._concerned(line)):
            # Another server's refusal may come without the label that only ours knows.
            self._refused(waiting, line)

    def _answered(self, label: str, waiting: _Open, line: Line) -> None:
        if line.command in waiting.refusals:
            self._refused(waiting, line)
        elif line.command == waiting.command:
            self._echoed(waiting, line)
        if "batch" not in line.tags:
            self._accept(label)

    def _pong(self, line: Line) -> None:
        if line.params[-1:] == ("are-you-there",):
            return
        # The toy server of the `irc` package answers every PING with its own name.
        known = next((param for param in line.params if param in self._open), None)
        if token := known or next(iter(self._open), None):
            self._accept(token)

    def _accept(self, token: str) -> None:
        waiting = self._open.pop(token, None)
        if waiting and not waiting.outcome.done():
            waiting.outcome.set_result(Sent(tuple(waiting.ids)))

    def _refused(self, waiting: _Open | None, line: Line) -> None:
        if waiting and not waiting.outcome.done():
            waiting.outcome.set_exception(waiting.means(line))

    def _echoed(self, waiting: _Open | None, line: Line) -> None:
        if waiting and (name := line.tags.get("msgid")):
            waiting.ids.append(MessageID(name))
        if waiting and not self._labelled and not waiting.outcome.done():
            waiting.outcome.set_result(Sent(tuple(waiting.ids)))

    def _concerned(self, line: Line) -> _Open | None:
        names = {self._fold(param) for param in line.params[:-1]}
        # The toy server puts the name where others put the reason: `401 PRIVMSG :somebody`.
        names.add(self._fold(line.param(-1)))
        may_be = [w for w in self._open.values() if line.command in w.refusals]
        matching = (w for w in may_be if w.names & names and not w.outcome.done())
        return next(matching, next(iter(may_be), None) if line.command in _UNNAMED else None)

    def _oldest(self, command: str, target: str) -> _Open | None:
        return next(
            (
                waiting
                for waiting in self._open.values()
                if waiting.command == command
                and target in waiting.names
                and not waiting.outcome.done()
            ),
            None,
        )


def give_up(outcome: asyncio.Future[Sent]) -> None:
    """Nobody waits any longer for what became of it."""
    if not outcome.done():
        outcome.set_exception(DisconnectedError("The IRC server has not confirmed it"))
