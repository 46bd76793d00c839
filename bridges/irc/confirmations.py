"""What became of each message and act that was written: accepted, refused, or nobody knows.

A server answers in order, so what it says without a name belongs to the oldest message that it may
concern. A label (IRCv3 labeled-response) names the message; else the answer to a PING that was
written right behind it shows that it was taken, and an echo that comes before gives its ID.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from types import MappingProxyType

from bridgekit import MessageID, Sent
from bridges.irc.acts import Act
from bridges.irc.connection import DisconnectedError
from bridges.irc.multiline import CAPABILITY as MULTILINE
from bridges.irc.multiline import CONCAT
from bridges.irc.refusals import ACT_NUMERICS, SEND_NUMERICS, refused_act, refused_message
from bridges.irc.wire import LIMIT, Line, compose

_STANDARD = "FAIL"  # IRCv3 standard replies: FAIL COMMAND CODE [CONTEXT …] :words
_REFUSALS = SEND_NUMERICS | ACT_NUMERICS | {_STANDARD}
_UNNAMED = frozenset({"263", "411", "412", "417", "472"})

_LABELS = "labeled-response"
_REFERENCE = "bk"  # of our batches: each is over before the next begins
PREFIX = "bk"  # of every token of ours

Fold = Callable[[str], str]


@dataclass(eq=False, slots=True)
class _Open:
    token: str
    command: str
    names: frozenset[str]  # that a refusal may name; folded
    refusals: Collection[str]
    already: Collection[str]  # refusals that say that it is so already
    means: Callable[[Line], Exception]
    outcome: asyncio.Future[Sent]
    ids: list[MessageID] = field(default_factory=list)


class Confirmations:
    """The open messages and acts of one connection, oldest first."""

    def __init__(
        self,
        capabilities: Collection[str],
        fold: Fold,
        prefix: str = PREFIX,
        answered: Callable[[str, Sequence[str] | None], None] = lambda _token, _ids: None,
        limit: int = LIMIT,
    ) -> None:
        """`prefix` begins the tokens that are made here; a line has at most `limit` bytes.

        `answered` is told which token was accepted, with the IDs, or refused (None), also of those
        that an earlier process wrote.
        """
        self._labelled = _LABELS in capabilities
        self._fold, self._prefix, self._tell, self._limit = fold, prefix, answered, limit
        self._open: dict[str, _Open] = {}
        self._batches: dict[str, str] = {}  # reference of an answer in several lines: its label
        self._numbers = count(1)

    def capable(self, capabilities: Collection[str]) -> list[str]:
        """The server has these from now on; what to send for the sake of what is still open."""
        before, self._labelled = self._labelled, _LABELS in capabilities
        # What was written with a label may have no answer any more; a PING behind it has.
        return [f"PING {token}" for token in self._open] if before and not self._labelled else []

    def expect(
        self,
        command: str,
        target: str,
        text: str,
        token: str = "",
        tags: Mapping[str, str] = MappingProxyType({}),
        *,
        nick: str | None = None,
    ) -> tuple[list[str], asyncio.Future[Sent]]:
        """The lines to write in one go for a message, and what will hold the outcome.

        `nick` is the one that it is said under, if that is not ours (RELAYMSG).
        """
        token = token or self._token()
        words = (command, target, text) if nick is None else (command, target, nick, text)
        written = self._lines(token, words, tags)
        return written, self.await_answer(command, target, token)

    def expect_lines(
        self,
        command: str,
        target: str,
        texts: Sequence[tuple[str, bool]],
        token: str = "",
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[list[str], asyncio.Future[Sent]]:
        """The same for one message of several lines; one that is marked goes on with the last.

        IRCv3 draft/multiline, for which there must be labels.
        """
        token = token or self._token()
        inside = {"batch": _REFERENCE}
        rest = {**inside, CONCAT: ""}
        lines = [
            compose(command, target, text, tags=rest if goes_on else inside, limit=self._limit)
            for text, goes_on in texts
        ]
        label = {"label": token, **tags}
        opening = compose("BATCH", f"+{_REFERENCE}", MULTILINE, target, tags=label)
        written = [opening, *lines, f"BATCH -{_REFERENCE}"]
        return written, self.await_answer("BATCH", target, token)

    def await_answer(self, command: str, target: str, token: str) -> asyncio.Future[Sent]:
        """What will hold the outcome of a message that was written under this token."""
        outcome: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        means = partial(refused_message, target=target)
        names = frozenset({self._fold(target)})
        self._open[token] = _Open(token, command, names, SEND_NUMERICS, (), means, outcome)
        return outcome

    def expect_act(self, act: Act) -> tuple[list[str], asyncio.Future[Sent]]:
        """The same for an act."""
        names = frozenset(map(self._fold, act.params))
        outcome = asyncio.get_running_loop().create_future()
        means = partial(refused_act, doing=act.doing)
        token = self._token()
        written = self._lines(token, (act.command, *act.params), act.tags)
        refused = (ACT_NUMERICS - act.already, act.already)
        self._open[token] = _Open(token, act.command, names, *refused, means, outcome)
        return written, outcome

    def _token(self) -> str:
        return f"{self._prefix}{next(self._numbers)}"

    def _lines(self, token: str, words: Sequence[str], tags: Mapping[str, str]) -> list[str]:
        if self._labelled:
            return [compose(*words, tags={"label": token, **tags}, limit=self._limit)]
        return [compose(*words, tags=tags, limit=self._limit), f"PING {token}"]

    def drop(self, token: str) -> None:
        """Nobody waits for this any more."""
        self._open.pop(token, None)

    def lost(self, error: Exception) -> None:
        """The connection is gone: nobody knows of what is still open."""
        for waiting in self._open.values():
            if not waiting.outcome.done():
                waiting.outcome.set_exception(error)
        self._open.clear()

    def take(self, line: Line, *, own: bool) -> None:
        """Look whether `line` tells of a message; `own`: we are its source."""
        if line.command == "PONG":
            self._pong(line)
        elif self._labelled:
            self._take_labelled(line)
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
                self._whole(label, line)
            elif ended := self._batches.pop(reference, None):
                self._accept(ended)
        elif label and (waiting := self._open.get(label)):
            self._answered(label, waiting, line)
        elif label and label.startswith(PREFIX):
            self._of_another(label, line)
        elif line.command in _REFUSALS and (waiting := self._concerned(line)):
            # Another server's refusal may come without the label that only ours knows.
            self._refused(waiting, line)

    def _whole(self, label: str, line: Line) -> None:
        """The echo of a message of several lines, which has its ID in front of them."""
        waiting = self._open.get(label)
        if waiting is not None:
            self._echoed(waiting, line)
        elif label.startswith(PREFIX) and (name := line.tags.get("msgid")):
            self._tell(label, (name,))

    def _answered(self, label: str, waiting: _Open, line: Line) -> None:
        if _refuses(line, waiting):
            self._refused(waiting, line)
        elif line.command in (waiting.command, "PRIVMSG"):
            self._echoed(waiting, line)
        if "batch" not in line.tags:
            self._accept(label)

    def _of_another(self, label: str, line: Line) -> None:
        """The answer to what an earlier process wrote, or nobody waits for any more."""
        if line.command in _REFUSALS:
            self._tell(label, None)
        elif line.command != "BATCH":
            name = line.tags.get("msgid")
            self._tell(label, (name,) if name else ())

    def _pong(self, line: Line) -> None:
        if line.params[-1:] == ("are-you-there",):
            return
        if line.param(-1).startswith(PREFIX) and line.param(-1) not in self._open:
            self._tell(line.param(-1), ())
            return
        # The toy server of the `irc` package answers every PING with its own name.
        known = next((param for param in line.params if param in self._open), None)
        if token := known or (None if self._labelled else next(iter(self._open), None)):
            self._accept(token)

    def _accept(self, token: str) -> None:
        waiting = self._open.pop(token, None)
        if waiting and not waiting.outcome.done():
            self._settle(waiting)

    def _settle(self, waiting: _Open) -> None:
        self._tell(waiting.token, waiting.ids)
        waiting.outcome.set_result(Sent(tuple(waiting.ids)))

    def _refused(self, waiting: _Open | None, line: Line) -> None:
        if waiting and not waiting.outcome.done():
            self._tell(waiting.token, None)
            waiting.outcome.set_exception(waiting.means(line))

    def _echoed(self, waiting: _Open | None, line: Line) -> None:
        if waiting and (name := line.tags.get("msgid")):
            waiting.ids.append(MessageID(name))
        if waiting and not self._labelled and not waiting.outcome.done():
            self._settle(waiting)

    def _concerned(self, line: Line) -> _Open | None:
        names = {self._fold(param) for param in line.params[:-1]}
        # The toy server puts the name where others put the reason: `401 PRIVMSG :somebody`.
        names.add(self._fold(line.param(-1)))
        may_be = [waiting for waiting in self._open.values() if _refuses(line, waiting)]
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


def _refuses(line: Line, waiting: _Open) -> bool:
    """Whether `line` says no to what `waiting` wants, unless it means that it is so already."""
    if line.command == _STANDARD:
        meant = line.param(0) in (waiting.command, "BATCH")
        return meant and line.param(1) not in waiting.already
    return line.command in waiting.refusals


def give_up(outcome: asyncio.Future[Sent]) -> None:
    """Nobody waits any longer for what became of it."""
    if not outcome.done():
        outcome.set_exception(DisconnectedError("The IRC server has not confirmed it"))
