"""What a network asked to be left alone, and until when: `RetryLater` beyond one chat."""

from __future__ import annotations

from collections.abc import Container

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater, Scope
from bridgekit.ids import LoginID, NetworkName

MANY = 1000  # gates; more are looked through for those that have opened


class Gates:
    """Closed for a login, one kind of what it does, or a network; they open by themselves."""

    def __init__(self, clock: Clock, paused: Container[LoginID] = ()) -> None:
        """`paused` are logins that the operator holds."""
        self._clock, self.paused = clock, paused
        self._until: dict[tuple[Scope, str], tuple[float, str]] = {}

    def close(self, error: RetryLater, network: NetworkName, login: LoginID, act: str) -> None:
        """The network said when to come back, for more than this chat. `act`: what was asked."""
        if error.after is None:
            return
        match error.scope:
            case Scope.LOGIN:
                gate: tuple[Scope, str] = (Scope.LOGIN, login)
            case Scope.METHOD:
                gate = (Scope.METHOD, f"{login} {act}")
            case Scope.NETWORK:
                gate = (Scope.NETWORK, network)
            case Scope.CHAT:
                return  # the lane waits by itself
        until = self._clock.monotonic() + retry.delay(error.after, 1, 0.0)
        if until > self._until.get(gate, (0.0, ""))[0]:  # of two answers the stricter counts
            self._until[gate] = (until, str(error))
        if len(self._until) > MANY:
            now = self._clock.monotonic()
            self._until = {gate: one for gate, one in self._until.items() if one[0] > now}

    def check(self, network: NetworkName, login: LoginID, act: str) -> None:
        """Raises `RetryLater` while the way is closed."""
        method = (Scope.METHOD, f"{login} {act}")
        for scope, name in ((Scope.NETWORK, network), (Scope.LOGIN, login), method):
            until, why = self._until.get((scope, name), (0.0, ""))
            left = until - self._clock.monotonic()
            if left > 0:
                raise RetryLater(why, after=left, scope=scope)
            self._until.pop((scope, name), None)
