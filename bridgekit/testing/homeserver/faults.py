"""What goes wrong on purpose between a bridge and the homeserver, and how often."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

JSON = dict[str, Any]


class FaultKind(StrEnum):
    FAIL = "fail"  # an error is answered, nothing takes effect
    DROP = "drop"  # the connection is cut, nothing takes effect
    LOSE = "lose"  # the request takes effect, the connection is cut before the answer
    DELAY = "delay"  # the request waits until it is released, then goes on
    SLOW = "slow"  # the request waits for a time, then goes on


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the requests that match; `times` is None for "until cleared".

    `path` is searched for in the decoded path. `struck` counts how often it happened; `reached`
    is set when it first does. `seconds` is how long a SLOW one waits.
    """

    kind: FaultKind
    method: str
    path: re.Pattern[str]
    times: int | None = 1
    status: int = 500
    body: JSON = field(default_factory=dict)
    seconds: float = 0.0
    struck: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def strikes(self, method: str, path: str) -> bool:
        spent = self.times is not None and self.struck >= self.times
        return not spent and method == self.method and self.path.search(path) is not None

    def strike(self) -> None:
        self.struck += 1
        self.reached.set()

    def clear(self) -> None:
        """No more of this; what waits goes on."""
        self.times = self.struck
        self._released.set()

    def release(self) -> None:
        """Let what a DELAY holds go on, and all that comes after it."""
        self.clear()

    async def released(self) -> None:
        await self._released.wait()


class Faults:
    """All troubles, in the order in which they were asked for; of each kind the first strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, kind: FaultKind, method: str, path: str, **details: Any) -> Fault:
        fault = Fault(kind, method, re.compile(path), **details)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        for fault in self._faults:
            fault.clear()
        self._faults.clear()

    @property
    def waiting(self) -> int:
        """How many have not struck as often as they are to."""
        return sum(fault.times is None or fault.struck < fault.times for fault in self._faults)

    def find(self, kind: FaultKind, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.kind is kind and fault.strikes(method, path):
                fault.strike()
                return fault
        return None
