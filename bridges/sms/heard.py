"""What was heard last from each gateway: so that what it tells again has no effect, however late.

It is the cursor of the login, stored in one commit with each message. The core knows a repeated
message too, and shows it once; but opting out, and in again, must not be done twice either. And
SMPP numbers a message anew each time: what may come again there is only what was stored and whose
answer the gateway may not have read when the connection broke. It is recognised by what it says,
soon after the next connect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bridges.sms.provider import Inbound

KEPT = 100  # messages of each gateway
SOON = 900.0  # seconds after a connect within which something unanswered is told again
OVERLAP = timedelta(minutes=10)  # lists of gateways are not in the order of what they list


@dataclass(slots=True)
class _Gateway:
    """`ids` are the last ones. Without IDs: what came on earlier connections, and on this one.

    `forgotten` are those of this connection that were too many to keep.
    """

    ids: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)
    forgotten: int = 0
    at: datetime | None = None
    connected: float = 0.0


class Heard:
    """Of all gateways of a network; `clock` only goes forward, `now` is in UTC."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._clock, self.now = clock, now
        self._gateways: dict[str, _Gateway] = {}

    def load(self, cursor: str | None) -> None:
        """As it was when the bridge ended."""
        for name, stored in json.loads(cursor or "{}").items():
            at = datetime.fromisoformat(stored["at"]) if stored["at"] else None
            self._gateways[name] = _Gateway(ids=stored["ids"], now=stored["unanswered"], at=at)

    def begins(self, gateway: str) -> None:
        """A connection is made: what was not surely answered on the last one may come again."""
        of = self._of(gateway)
        of.before, of.now, of.forgotten = [*of.before, *of.now][-KEPT:], [], 0
        of.connected = self._clock()

    def knows(self, gateway: str, id_: str) -> bool:
        """Whether the message of this ID was stored lately."""
        return id_ in self._of(gateway).ids

    def may_repeat(self, gateway: str) -> bool:
        """Whether what has no ID may be told again now: soon after a connect."""
        return self._clock() - self._of(gateway).connected <= SOON

    def again(self, gateway: str, told: Inbound) -> bool:
        """Whether this was stored before."""
        of = self._of(gateway)
        if told.id is not None:
            return self.knows(gateway, told.id)
        if not self.may_repeat(gateway):
            of.before.clear()
        if told.fingerprint not in of.before:
            return False
        of.before.remove(told.fingerprint)
        self._gateways[gateway] = _answered(of, told.fingerprint)
        return True

    def cursor(self, gateway: str, told: Inbound) -> str:
        """What is to be stored with a message, in the same commit."""
        value = {name: _stored(of) for name, of in self._gateways.items()}
        value[gateway] = _stored(self._with(gateway, told))
        return json.dumps(value)

    def note(self, gateway: str, told: Inbound) -> None:
        """It was stored, or set aside."""
        self._gateways[gateway] = self._with(gateway, told)

    def confirmed(self, gateway: str, messages: int) -> None:
        """The gateway has read our answers to the oldest so many of this connection."""
        of = self._of(gateway)
        forgotten = min(messages, of.forgotten)
        of.forgotten -= forgotten
        del of.now[: messages - forgotten]

    def since(self, gateway: str) -> datetime | None:
        """From when on it may have told something that we have not heard; None: never heard it."""
        at = self._of(gateway).at
        return None if at is None else at - OVERLAP

    def caught_up(self, gateway: str, until: datetime) -> None:
        """All that it told until then is stored; kept with the next message."""
        self._gateways[gateway] = replace(self._of(gateway), at=until)

    def _with(self, gateway: str, told: Inbound) -> _Gateway:
        of = self._of(gateway)
        at = of.at or self.now()  # from the first one on, `caught_up` says it
        if told.id is not None:
            return replace(of, ids=[*of.ids, told.id][-KEPT:], at=at)
        return replace(_answered(of, told.fingerprint), at=at)

    def _of(self, gateway: str) -> _Gateway:
        return self._gateways.setdefault(gateway, _Gateway())


def _answered(of: _Gateway, fingerprint: str) -> _Gateway:
    now = [*of.now, fingerprint]
    forgotten = of.forgotten + max(0, len(now) - KEPT)
    return replace(of, now=now[-KEPT:], forgotten=forgotten)


def _stored(of: _Gateway) -> dict[str, Any]:
    at = "" if of.at is None else of.at.isoformat()
    return {"ids": of.ids, "unanswered": [*of.before, *of.now][-KEPT:], "at": at}
