"""Which automatic login makes room for another, where a network takes only so many at once."""

from __future__ import annotations

from collections.abc import Mapping

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.ids import LoginID
from bridgekit.login.supervisor import Entry


class Crowd:
    """Of one network's logins; those that people signed in to, and the bridge's own, stay."""

    def __init__(self, adapter: object, entries: Mapping[LoginID, Entry]) -> None:
        self._adapter = adapter if isinstance(adapter, SupportsAutomaticLogin) else None
        self._entries = entries

    def has_room(self, newcomer: Entry) -> bool:
        """Whether one more may connect, and none has to go for it."""
        most = None if self._adapter is None else self._adapter.most
        if most is None or not _automatic(newcomer):
            return True
        return len(self._others(newcomer)) < most

    def make_room(self, newcomer: Entry) -> None:
        """Somebody speaks now: who has not for the longest time goes, if one has to."""
        if not self.has_room(newcomer):
            min(self._others(newcomer), key=lambda entry: entry.spoken).spare.set()

    def retire(self, login: LoginID) -> None:
        """Close an automatic one as if it had been idle: its person has an account of their own."""
        if (entry := self._entries.get(login)) is not None and _automatic(entry):
            entry.spare.set()

    def _others(self, newcomer: Entry) -> list[Entry]:
        return [
            entry
            for entry in self._entries.values()
            if entry is not newcomer
            and entry.wanted
            and not entry.spare.is_set()
            and _automatic(entry)
        ]


def _automatic(entry: Entry) -> bool:
    return entry.login.exclusive and not entry.login.relay
