"""Circles, told from honest traffic: two that answer each other at once, and words that come back.

Neither is a matter of volume. A bot that says the same all day comes from one side only, and people
take longer to answer, or say other words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridgekit.lru import LRU
from bridgekit.models import Millis

KEPT = 5_000

TURNS = 60  # of two who answer each other, with nobody in between
AT_ONCE = 2_000  # milliseconds in which a program answers
TIMES = 20  # that what we brought comes back
SOON = 5_000  # milliseconds in which it does
LATER = 600_000  # milliseconds in which it may, where it is clear that it goes round
SHORTEST, LONGEST = 8, 4_000  # letters of words that are told apart from others
PREFIXES = 4  # words that a relay may put in front
MEMBERS = range(2, 7)  # how many a circle may have that is known by its regularity alone


class Turn(NamedTuple):
    """Somebody's message. `way` is where it crosses from: "" for Matrix, else the chat."""

    room: str
    way: str
    who: str
    at: Millis
    words: str


@dataclass(slots=True)
class _Talk:
    """Of one room: the latest turn, whose the one before was, and how often they took turns."""

    last: Turn
    came: Millis
    before: str = ""
    turns: int = 0


class _Brought(NamedTuple):
    """What crossed. `returns`: how often it came back within seconds, whoever brought it.

    However slowly: `grown` is how often with more in front, whoever brought it, and `turns` how
    often it was the turn of whoever brought it and came when it had to, for each number of members
    that the circle may have; `past` are the turns before this one, without their words.
    """

    turn: Turn
    came: Millis
    returns: int = 0
    grown: int = 0
    turns: tuple[int, ...] = (0,) * len(MEMBERS)
    past: tuple[Turn, ...] = ()

    @property
    def rounds(self) -> int:
        """How often two would have taken turns meanwhile: more members need as many rounds."""
        return max(turns * 2 // members for members, turns in zip(MEMBERS, self.turns, strict=True))

    @property
    def circles(self) -> int:
        """By how many times this is more than chance."""
        return max(self.returns, self.grown, self.rounds)


class Rounds:
    """Of all rooms."""

    def __init__(self) -> None:
        self._talks: LRU[str, _Talk] = LRU(KEPT)
        self._brought: LRU[tuple[str, str], _Brought] = LRU(KEPT)

    def closes(self, turn: Turn, now: Millis) -> frozenset[str]:
        """Who goes round with this turn, itself among them; empty: it is no circle."""
        return self._answering(turn, now) or self._coming_back(turn, now)

    def _answering(self, turn: Turn, now: Millis) -> frozenset[str]:
        """The two who take turns, each from its own side, too fast and for too long."""
        talk = self._talks.get(turn.room)
        if talk is None:
            self._talks.put(turn.room, _Talk(turn, now))
            return frozenset()
        last = talk.last
        answers = last.way != turn.way and _within(AT_ONCE, last, talk.came, turn, now)
        talk.turns = talk.turns + 1 if answers and turn.who == talk.before else 0
        talk.before = last.who if answers else ""
        talk.last, talk.came = turn, now
        if talk.turns < TURNS:
            return frozenset()
        talk.turns = 0
        return frozenset((last.who, turn.who))

    def _coming_back(self, turn: Turn, now: Millis) -> frozenset[str]:
        """Who brings back what we have brought, again and again."""
        words = turn.words.strip()
        if not SHORTEST <= len(words) <= LONGEST:
            return frozenset()
        found = [
            one
            for one in (self._brought.get((turn.room, part)) for part in _parts(words))
            if one is not None
            and _within(LATER, one.turn, one.came, turn, now)
            # The same from the same side is somebody who says it again.
            and (one.turn.way != turn.way or len(one.turn.words.strip()) < len(words))
        ]
        soon = [one for one in found if _within(SOON, one.turn, one.came, turn, now)]
        again = self._brought.get((turn.room, words))
        if found:
            latest = max(found, key=lambda one: max(one.grown, one.rounds))
            grown = latest.grown + (len(words) > len(latest.turn.words.strip()))
            returns = max((one.returns + 1 for one in soon), default=0)
            brought = _next(latest, turn, now)._replace(returns=returns, grown=grown)
        elif again is not None and _within(LATER, again.turn, again.came, turn, now):
            brought = _next(again, turn, now)
            if _within(SOON, again.turn, again.came, turn, now):
                brought = brought._replace(returns=again.returns, grown=again.grown)
        else:
            brought = _Brought(turn, now)
        self._brought.put((turn.room, words), brought)
        if not found or brought.circles < TIMES:
            return frozenset()
        latest = max(found, key=lambda one: one.circles)
        return frozenset((latest.turn.who, turn.who))


def _next(latest: _Brought, turn: Turn, now: Millis) -> _Brought:
    """Words that came once more: one more turn, if it is no game that people play.

    Who says the same by turns takes now this long and now that; programs are as regular as a clock.
    """
    past = (*latest.past, latest.turn._replace(words=""))[-MEMBERS.stop :]
    taken = (*past, turn)
    turns = (
        before + 1 if _turn_of(taken, members) else 0
        for members, before in zip(MEMBERS, latest.turns, strict=True)
    )
    return _Brought(turn, now, turns=tuple(turns), past=past)


def _turn_of(past: Sequence[Turn], members: int) -> bool:
    """Whether the last of them was to come there and then, in a circle of so many."""
    last = past[-1]
    if len(past) <= members:
        return True
    if past[-1 - members].who != last.who or len({one.way for one in past[-members:]}) == 1:
        return False  # the same from one side only is somebody who says it again
    if len(past) <= members + 1:
        return True
    period, before = last.at - past[-1 - members].at, past[-2].at - past[-2 - members].at
    return abs(period - before) <= max(1000, period // (5 * members))


def _parts(words: str) -> Iterator[str]:
    """The words, and what is left of them without what a relay may have put in front."""
    yield words
    for _ in range(PREFIXES):
        _, _, words = words.partition(" ")
        words = words.lstrip()
        if len(words) < SHORTEST:
            return
        yield words


def _within(millis: Millis, earlier: Turn, came: Millis, later: Turn, now: Millis) -> bool:
    """Both as it came and as it was said: after an outage, much comes at once."""
    return now - came <= millis and abs(later.at - earlier.at) <= millis
