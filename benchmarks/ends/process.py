"""`python -m benchmarks.ends.process`: both fake ends, and the orders that they take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import uvloop

from benchmarks.child import Commands, serve
from benchmarks.ends import talking
from benchmarks.ends.arrivals import ARRIVED, ECHOED, Arrivals
from benchmarks.ends.crowd import Crowd
from benchmarks.ends.devices import Devices
from benchmarks.ends.homeserver import Homeserver
from benchmarks.ends.irc_server import IRCServer
from benchmarks.ends.pushing import Pusher, Returning
from benchmarks.ends.said import ON_IRC, ON_MATRIX, channel
from benchmarks.ends.talking import Amount

NEVER = 1 << 62  # a number that nobody comes to
LOOK = 0.005  # seconds between two looks at a condition


class Ends:
    """The orders, by their names."""

    def __init__(self) -> None:
        self._homeserver = Homeserver()
        self._irc = IRCServer()
        self._background: set[asyncio.Task[None]] = set()
        self._push: talking.Push

    @property
    def orders(self) -> Commands:
        orders = (
            self.listen,
            self.connected,
            self.pushes_to,
            self.keep,
            *(self.encrypted, self.keys_given),
            self.joined,
            self.quiet,
            self.reachable,
            self.first,
            *(self.to_matrix, self.pushed_back, self.to_network, self.both, self.away),
            *(self.real, self.direct),
        )
        return {order.__name__: order for order in orders}

    async def listen(self) -> dict[str, int]:
        await self._homeserver.listen()
        await self._irc.listen()
        return {"homeserver": self._homeserver.port, "irc": self._irc.port}

    async def pushes_to(self, url: str, crowd: int) -> None:
        """Where the bridge will listen; `crowd` people are in each channel (0: one of its own)."""
        self._pusher = Pusher(url)
        self._push = self._pusher.push
        self._returning = Returning(self._pusher)
        self._irc.people(crowd)

    async def keep(self, answers: Mapping[str, Any]) -> None:
        self._homeserver.keep(answers)

    async def encrypted(self, people: int, rooms: int) -> None:
        """These rooms are encrypted from now on, and each of the people has a device."""
        self._homeserver.devices = Devices(people, rooms)

    async def keys_given(self, within: float) -> bool:
        """Everybody gives the bridge their keys, once it has a device; whether it took them."""
        devices = self._homeserver.devices
        assert devices is not None  # noqa: S101 (they were ordered before)
        if not await _until(devices.ready, within):
            return False
        devices.give_keys()
        self._pusher.sealed = devices.sealed
        return await _until(devices.given, within)

    async def joined(self, channels: int, within: float) -> dict[str, float]:
        """Once so many channels have somebody of the bridge in them, or the time is over."""
        await _until(lambda: self._joined() >= channels, within)
        return {"joined": self._joined(), "at": time.monotonic()}

    def _joined(self) -> int:
        return sum(1 for members in self._irc.members.values() if members)

    async def reachable(self, within: float) -> bool:
        """Once the bridge listens."""
        return await _until(self._pusher.reachable, within)

    async def quiet(self, for_s: float, within: float) -> bool:
        """Once the bridge has asked the homeserver nothing for a while, but to take messages."""
        asked = self._homeserver
        return await _until(lambda: time.monotonic() - asked.asked_at > for_s, within)

    async def first(self, number: int, places: int, within: float) -> dict[str, Any]:
        """From now on one line is said in any channel that is joined, until one arrives."""
        end = time.monotonic() + within
        self._homeserver.arrivals.expect(range(number * places, NEVER), places, places)
        said = number
        while time.monotonic() < end:
            await _until(lambda: self._joined() > 0, end - time.monotonic())
            place = next((n for n in range(places) if self._irc.members.get(_name(n))), 0)
            amount = Amount(said * places + place, 1, places, places, patience=0.5, grace=0)
            await talking.to_matrix(self._irc, self._homeserver.arrivals, amount)
            if self._homeserver.arrivals.at:
                return {"at": min(self._homeserver.arrivals.at.values())}
            said += 1
        return {"at": None}

    async def to_matrix(self, **how: Any) -> dict[str, Any]:
        amount, shown, echoes = Amount(**how), self._homeserver.arrivals, self._irc.arrivals
        shown.expect(amount.numbers, amount.places, amount.people)
        self._homeserver.forget()
        outcome = await talking.to_matrix(self._irc, shown, amount)
        return outcome | echoes.faults(ECHOED)

    async def pushed_back(self, **how: Any) -> dict[str, Any]:
        """The same, and what arrives comes back to whoever sent it, until that is acknowledged."""
        shown, echoes, amount = self._homeserver.arrivals, self._irc.arrivals, Amount(**how)
        self._homeserver.hand_back = self._returning.add
        try:
            outcome = await self.to_matrix(**how)
            await self._returning.through(amount.patience)
            await asyncio.sleep(amount.grace)
        finally:
            self._homeserver.hand_back = None
        late = shown.faults(*ARRIVED) | echoes.faults(ECHOED)
        return outcome | {fault: outcome[fault] + count for fault, count in late.items()}

    async def to_network(self, **how: Any) -> dict[str, Any]:
        amount, shown, echoes = Amount(**how), self._irc.arrivals, self._homeserver.arrivals
        shown.expect(amount.numbers, amount.places, amount.people)
        outcome = await talking.to_network(self._push, shown, amount)
        told = self._homeserver.told.intersection(amount.numbers) - shown.at.keys()
        return outcome | echoes.faults(ECHOED) | {"told": len(told)}

    async def both(self, **amount: Any) -> dict[str, Any]:
        """The same amount in both directions at once."""
        matrix, network = await asyncio.gather(self.to_matrix(**amount), self.to_network(**amount))
        return {"to_matrix": matrix, "to_network": network}

    async def away(self, after: float, seconds: float) -> None:
        """Soon the homeserver will not be there for so many seconds."""

        async def later() -> None:
            await asyncio.sleep(after)
            self._homeserver.go_away()
            await asyncio.sleep(seconds)
            self._homeserver.forget()  # as one that was started again
            await self._homeserver.listen()

        self._start(later())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def real(self, url: str, tokens: Sequence[str], rooms: Sequence[str]) -> None:
        """A real homeserver takes the place of ours, and people with these tokens talk there."""
        crowd = Crowd(url, tokens, rooms)
        self._push = crowd.push
        self._own = Arrivals(ON_MATRIX, ours=ON_IRC)
        self._start(crowd.watch(self._homeserver.arrivals, self._own))

    async def direct(self, **how: Any) -> dict[str, Any]:
        """What people on Matrix say, until one of them has seen it: no bridge is between."""
        amount = Amount(**how)
        self._own.expect(amount.numbers, amount.places, amount.people)
        outcome = await talking.to_network(self._push, self._own, amount)
        return outcome | self._homeserver.arrivals.faults(ECHOED)

    async def connected(self, least: int, most: int, within: float) -> dict[str, Any]:
        """Once so many of the bridge's connections are signed in to IRC."""
        there = self._irc.signed_in
        met = await _until(lambda: least <= len(there) <= most, within)
        return {"met": met, "number": len(there), "at": time.monotonic()}


def _name(place: int) -> bytes:
    return channel(place).encode()


async def _until(condition: Callable[[], Any], within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        met = condition()
        if await met if asyncio.iscoroutine(met) else met:
            return True
        await asyncio.sleep(LOOK)
    return False


if __name__ == "__main__":
    uvloop.run(serve(Ends().orders))
