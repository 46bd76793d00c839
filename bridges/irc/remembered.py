"""A few words by name that outlive a restart, written when they have changed."""

import json
from collections.abc import Iterator

from bridgekit import Host

_MOST = 2_000  # names; beyond that the oldest is forgotten


class Remembered:
    """`key` is under which a host keeps them; nothing of it is secret."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._words: dict[str, str] = {}
        self._changed = False

    async def load(self, host: Host) -> None:
        self._words = json.loads(await host.load(self._key) or "{}")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._words.items())

    def __getitem__(self, name: str) -> str | None:
        return self._words.get(name)

    def __setitem__(self, name: str, word: str) -> None:
        if self._words.get(name) != word:
            self._words.pop(name, None)
            self._words[name] = word
            self._changed = True
        if len(self._words) > _MOST:
            del self._words[next(iter(self._words))]

    def pop(self, name: str) -> str | None:
        """Forget it; what it was."""
        self._changed = self._changed or name in self._words
        return self._words.pop(name, None)

    async def save(self, host: Host) -> None:
        """Nothing happens where nothing has changed."""
        if self._changed:
            self._changed = False
            await host.save(self._key, json.dumps(self._words))
