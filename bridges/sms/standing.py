"""What is remembered of a conversation: whether its peer has opted out, and whom we know.

In the database under keys of its own; a little of it in memory, so that a quiet peer costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridgekit import Host, RemoteUserID

REMEMBERED = 10_000
WORDS = 20  # of one peer, that are known when they are told again


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Since when, and by what: a word, the gateway, an operator."""

    since: str
    source: str


class Standing:
    """Of one network. `scope` is what people opt out of: one number of ours, or a service."""

    def __init__(self, host: Host, now: Callable[[], datetime]) -> None:
        self._host, self._now = host, now
        self._values: dict[str, str | None] = {}

    async def opted_out(self, scope: str, user: RemoteUserID) -> OptedOut | None:
        out = (await self._choice(scope, user))["out"]
        return None if out is None else OptedOut(**out)

    async def opt_out(self, scope: str, user: RemoteUserID, source: str, key: str = "") -> bool:
        """Durable on return; False: they had done so before, and when is kept.

        `key` is the text that says it. One that is told again, however late, changes nothing; the
        latest one is news again: a crash may have kept what comes of it from being stored.
        """
        since = self._now().isoformat(timespec="seconds")
        return await self._choose(scope, user, {"since": since, "source": source}, key)

    async def opt_in(self, scope: str, user: RemoteUserID, key: str = "") -> bool:
        """The same, the other way. False: they had not opted out."""
        return await self._choose(scope, user, None, key)

    async def _choice(self, scope: str, user: RemoteUserID) -> dict[str, Any]:
        stored = await self._load(f"opted out {scope} {user}")
        return {"out": None, "keys": []} if stored is None else json.loads(stored)

    async def _choose(
        self, scope: str, user: RemoteUserID, out: dict[str, str] | None, key: str
    ) -> bool:
        now = await self._choice(scope, user)
        keys: list[str] = now["keys"]
        if key and key in keys:
            return key == keys[-1] and now.get("changed") == key
        changed = (now["out"] is None) is not (out is None)
        value = {
            "out": out if changed else now["out"],
            "keys": [*keys, key][-WORDS:] if key else keys,
            "changed": key if changed else "",
        }
        if changed or key:
            await self._save(f"opted out {scope} {user}", json.dumps(value))
        return changed

    async def answers(self, scope: str, user: RemoteUserID, key: str) -> bool:
        """Note, durably, that the text `key` of theirs is being answered; False: it was before."""
        stored = await self._load(f"answered {scope} {user}")
        keys: list[str] = [] if stored is None else json.loads(stored)
        if key in keys:
            return False
        await self._save(f"answered {scope} {user}", json.dumps([*keys, key][-WORDS:]))
        return True

    async def known(self, own: str, user: RemoteUserID) -> bool:
        """Whether we have texted them, or somebody has said that they may come."""
        return await self._load(f"known {own} {user}") is not None

    async def meet(self, own: str, user: RemoteUserID) -> None:
        """From here on they are no stranger to this number of ours, which texts them first."""
        if await self._load(f"known {own} {user}") is None:
            await self._save(f"known {own} {user}", "yes")
        if await self._load(f"sender {user}") != own:
            await self._save(f"sender {user}", own)

    async def sender(self, user: RemoteUserID) -> str | None:
        """The number of ours that they know."""
        return await self._load(f"sender {user}")

    async def assigned(self, chat: str) -> str | None:
        """Who looks after a conversation."""
        return await self._load(f"assigned {chat}")

    async def assign(self, chat: str, name: str | None) -> None:
        await self._save(f"assigned {chat}", name)

    async def _load(self, key: str) -> str | None:
        if key not in self._values:
            value = await self._host.load(key)
            self._values.setdefault(key, value)
            while len(self._values) > REMEMBERED:
                del self._values[next(iter(self._values))]
        return self._values.get(key)

    async def _save(self, key: str, value: str | None) -> None:
        await self._host.save(key, value)
        self._values[key] = value
