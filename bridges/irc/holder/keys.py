"""What was sent under which key, so that nothing is sent twice and its fate can be asked for."""

from collections import OrderedDict
from dataclasses import dataclass

from bridges.irc.holder.messages import Fate, Known

KEPT = 10_000


@dataclass(slots=True)
class _Sent:
    instance: str  # of the connection that it was written to
    at: float
    settled: bool = False
    ids: tuple[str, ...] = ()


class Keys:
    """Of one login, over all of its connections. Times are seconds since the epoch."""

    def __init__(self, since: float) -> None:
        self.since = since
        self._sent: OrderedDict[str, _Sent] = OrderedDict()

    def take(self, key: str, instance: str, at: float) -> bool:
        """Whether nothing was sent under this key yet; from now on it was."""
        if key in self._sent:
            return False
        self._sent[key] = _Sent(instance, at)
        if len(self._sent) > KEPT:
            _, oldest = self._sent.popitem(last=False)
            self.since = max(self.since, oldest.at)
        return True

    def settle(self, key: str, ids: tuple[str, ...]) -> None:
        sent = self._sent.get(key)
        if sent is not None:
            sent.settled, sent.ids = True, sent.ids or ids

    def forget(self, key: str) -> None:
        self._sent.pop(key, None)

    def known(self, key: str, instance: str) -> Known:
        """What became of a key; `instance` is the connection that is there now, "" for none."""
        sent = self._sent.get(key)
        if sent is None:
            return Known(key, Fate.NEVER, (), self.since)
        if sent.settled:
            return Known(key, Fate.SETTLED, sent.ids, self.since)
        fate = Fate.WRITTEN if sent.instance == instance else Fate.LOST
        return Known(key, fate, (), self.since)
