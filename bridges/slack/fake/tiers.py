"""How often each method may be called: https://docs.slack.dev/apis/web-api/rate-limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from bridges.slack.fake.call import METHODS
from bridges.slack.fake.state import Token

_BURST = 0.25  # of a minute's calls, at once
_POSTS, _POST_BURST = 1.0, 5.0  # a second in a channel, and at once


@dataclass(slots=True)
class Tiers:
    """Switched on by `enforced`. A bucket for each method and workspace, or channel (posts)."""

    clock: Callable[[], float]
    enforced: bool = False
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def wait(self, name: str, token: Token | None, arguments: dict[str, str]) -> int:
        """Seconds after which the call may be made; 0: it is made now."""
        method = METHODS.get(name)
        if not self.enforced or token is None or method is None:
            return 0
        if name == "chat.postMessage":
            return self._take((name, arguments.get("channel", "")), _POSTS, _POST_BURST)
        return self._take((name, token.team), method.tier / 60, method.tier * _BURST)

    def _take(self, key: tuple[str, str], rate: float, burst: float) -> int:
        now = self.clock()
        left, since = self._buckets.get(key, (max(burst, 1.0), now))
        left = min(max(burst, 1.0), left + (now - since) * rate)
        if left < 1:
            self._buckets[key] = left, now
            return ceil((1 - left) / rate)
        self._buckets[key] = left - 1, now
        return 0
