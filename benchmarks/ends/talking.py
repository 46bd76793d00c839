"""Having things said on one end, and what the other end is shown of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ends.arrivals import ARRIVED, Arrivals
from benchmarks.ends.irc_server import IRCServer
from benchmarks.ends.said import ON_IRC, channel, nick, text_of

Push = Callable[[range, int, int], Awaitable[None]]
"""Say these on Matrix, in so many rooms, by so many people; returns once that is acknowledged."""

ROUNDING = 6


@dataclass(frozen=True, slots=True)
class Amount:
    """`count` messages from number `first` on, people and places taking turns.

    `rate` is in messages a second (0: as fast as it goes, `window` of them under way at most);
    `size` is how many a transaction holds; `patience` is how long the rest is waited for,
    `grace` how long then for what comes again.
    """

    first: int
    count: int
    places: int
    people: int = 20
    size: int = 1
    rate: float = 0.0
    window: int = 1000
    patience: float = 10.0
    grace: float = 0.1

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.count)


async def to_matrix(server: IRCServer, shown: Arrivals, amount: Amount) -> dict[str, Any]:
    """Lines on IRC, until the homeserver has them."""
    said: dict[int, float] = {}
    unheard = 0
    for numbers in _batches(amount, most=amount.window // 4):
        if await _turn(amount, shown, said, numbers) is None:
            break
        said |= dict.fromkeys(numbers, time.monotonic())
        unheard += server.say([_line(number, amount) for number in numbers])
    await shown.wait(amount.count - unheard, amount.patience)
    await asyncio.sleep(amount.grace)
    return _outcome(amount, said, shown) | {"unheard": unheard}


async def to_network(push: Push, shown: Arrivals, amount: Amount) -> dict[str, Any]:
    """Transactions pushed, until IRC has their messages.

    One whose turn is over before the last is acknowledged waits from its turn on: who acknowledges
    late must not seem quick.
    """
    said: dict[int, float] = {}
    acks = []
    for numbers in _batches(amount, most=amount.size):
        due = await _turn(amount, shown, said, numbers)
        if due is None:
            break
        said |= dict.fromkeys(numbers, due)
        now = time.monotonic()
        await push(numbers, amount.places, amount.people)
        acks.append(round(time.monotonic() - now, ROUNDING))
    await shown.wait(amount.count, amount.patience)
    await asyncio.sleep(amount.grace)
    return _outcome(amount, said, shown) | {"acks": acks}


def _batches(amount: Amount, most: int) -> Sequence[range]:
    step = 1 if amount.rate and amount.size == 1 else max(1, most)
    return [amount.numbers[start : start + step] for start in range(0, amount.count, step)]


async def _turn(
    amount: Amount, shown: Arrivals, said: Mapping[int, float], numbers: Sequence[int]
) -> float | None:
    """Wait until these may be said; since when. None: too many are under way, none arrives now."""
    if not amount.rate:
        less = await shown.wait(len(said) + len(numbers) - amount.window, amount.patience)
        return time.monotonic() if less else None
    begun = said.get(amount.first, time.monotonic())
    due = begun + (numbers[0] - amount.first) / amount.rate
    early = due - time.monotonic()
    if early <= 0:
        return due
    await asyncio.sleep(early)
    return time.monotonic()  # timers are late by themselves


def _line(number: int, amount: Amount) -> tuple[bytes, bytes]:
    place = channel(number % amount.places)
    who = nick(number % amount.people)
    line = f":{who}!u@host.example.org PRIVMSG {place} :{text_of(number, ON_IRC)}\r\n"
    return place.encode(), line.encode()


def _outcome(amount: Amount, said: Mapping[int, float], shown: Arrivals) -> dict[str, Any]:
    arrived = {number: at for number, at in shown.at.items() if number in said}
    begun = said.get(amount.first, 0.0)
    return {
        "seconds": max(arrived.values(), default=begun) - begun,
        "waits": [round(at - said[number], ROUNDING) for number, at in arrived.items()],
        "said": len(said),
        "arrived": len(arrived),
        **shown.faults(*ARRIVED),
        **asdict(amount),
    }
