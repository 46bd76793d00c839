"""Devices of accounts: their public keys, what is sent to them alone, and whose have changed.

The homeserver reads none of it: what it is given it hands on.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]

MOST_AT_ONCE = 100  # messages to a device in one answer of /sync; Synapse's limit


@dataclass(slots=True)
class Device:
    """`one_time` and `fallback` are keys by "algorithm:ID"; `unused`: algorithms of the latter."""

    id: str
    name: str | None = None
    keys: JSON | None = None
    one_time: dict[str, JSON] = field(default_factory=dict)
    fallback: dict[str, JSON] = field(default_factory=dict)
    unused: set[str] = field(default_factory=set)
    mail: deque[tuple[int, JSON]] = field(default_factory=deque)

    @property
    def counts(self) -> dict[str, int]:
        """How many one-time keys are left; Synapse always names this algorithm."""
        found = Counter(name.partition(":")[0] for name in self.one_time)
        return {"signed_curve25519": 0, **found}

    def claim(self, algorithm: str) -> dict[str, JSON]:
        """A key that nobody was given before, or else the one that everybody gets."""
        for name in self.one_time:
            if _is_of(name, algorithm):
                return {name: self.one_time.pop(name)}
        self.unused.discard(algorithm)
        return {name: key for name, key in self.fallback.items() if _is_of(name, algorithm)}

    def read(self, place: int) -> None:
        """What was sent up to there has arrived, and is kept no longer."""
        while self.mail and self.mail[0][0] <= place:
            self.mail.popleft()


class Devices:
    """All of them. `notify` is called when anybody who waits in a /sync should look."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._devices: dict[str, dict[str, Device]] = {}
        self.signing: dict[str, dict[str, JSON]] = {}
        """The keys that sign devices (cross-signing), by user and as /keys/query names them."""
        self.sent = 0
        """How many messages to devices there were."""
        self.news: list[str] = []
        """Who has other devices, once for each time that they changed."""

    def of(self, user: str) -> Mapping[str, Device]:
        return self._devices.get(user, {})

    def make(self, user: str, device: str, name: str | None = None) -> bool:
        """Whether there was none of that name yet; one that there is gets another `name`."""
        known = self._devices.setdefault(user, {})
        if made := device not in known:
            known[device] = Device(device, name)
        elif name is not None:
            known[device].name = name
        self.changed(user)
        return made

    def remove(self, user: str, device: str) -> None:
        """Its keys, and what was sent to it, go with it."""
        if self._devices.get(user, {}).pop(device, None):
            self.changed(user)

    def changed(self, user: str) -> None:
        self.news.append(user)
        self._notify()

    def send(self, sender: str, kind: str, messages: Mapping[str, Mapping[str, JSON]]) -> None:
        """To devices by user and ID ("*": all of them); those that there are not get nothing."""
        for user, contents in messages.items():
            for device in self.of(user).values():
                content = contents.get(device.id, contents.get("*"))
                if content is not None:
                    self.sent += 1
                    event = {"type": kind, "sender": sender, "content": content}
                    device.mail.append((self.sent, event))
        self._notify()


def _is_of(name: str, algorithm: str) -> bool:
    return name.partition(":")[0] == algorithm
