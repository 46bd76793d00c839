"""What is remembered of a conversation: whether its peer has opted out, and whom we know.

In the database under keys of its own; a little of it in memory, so that a quiet peer costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Choice:
    """The last word `at` about one scope; `keys` are texts that said one, `changed` what it did."""

    out: OptedOut | None = None
    keys: tuple[str, ...] = ()
    changed: str = ""
    at: str = ""

    @property
    def place(self) -> tuple[str, bool]:
        """The later one counts, and of two at once the one that sends nothing."""
        return self.at, self.out is not None


class Standing:
    """Of one network. A scope is what people opt out of: one number of ours, or a service.

    What is a service is configured, and may change: so a word is kept under all that it is about,
    and of all that a number counts as the last word counts.
    """

    def __init__(self, host: Host, now: Callable[[], datetime]) -> None:
        self._host, self._now = host, now
        self._values: dict[str, str | None] = {}

    async def opted_out(self, user: RemoteUserID, *scopes: str) -> OptedOut | None:
        return _last([await self._choice(scope, user) for scope in scopes]).out

    async def opt_out(
        self, user: RemoteUserID, scopes: Iterable[str], source: str, key: str = ""
    ) -> bool:
        """Durable on return; False: they had done so before, and when is kept.

        `key` is the text that says it. One that is told again, however late, changes nothing; the
        latest one is news again: a crash may have kept what comes of it from being stored.
        """
        since = self._now().isoformat(timespec="seconds")
        return await self._choose(user, scopes, OptedOut(since, source), key)

    async def opt_in(self, user: RemoteUserID, scopes: Iterable[str], key: str = "") -> bool:
        """The same, the other way. False: they had not opted out."""
        return await self._choose(user, scopes, None, key)

    async def _choice(self, scope: str, user: RemoteUserID) -> _Choice:
        stored = await self._load(f"opted out {scope} {user}")
        return _Choice() if stored is None else _choice(json.loads(stored))

    async def _choose(
        self, user: RemoteUserID, scopes: Iterable[str], out: OptedOut | None, key: str
    ) -> bool:
        were = {scope: await self._choice(scope, user) for scope in scopes}
        now = _last(were.values())
        again = bool(key) and any(key in one.keys for one in were.values())
        if again and key not in now.keys[-1:]:
            return False
        changed = now.changed == key if again else (now.out is None) is not (out is None)
        if again:  # a crash may have left some of them as they were
            said = now
        else:
            at = self._now().isoformat(timespec="microseconds")
            said = _Choice(out if changed else now.out, (), key if changed else "", at)
        for scope, was in were.items():
            if key not in was.keys and (key or changed):
                keys = (*was.keys, key)[-WORDS:] if key else was.keys
                value = json.dumps(asdict(replace(said, keys=keys)))
                await self._save(f"opted out {scope} {user}", value)
        return changed

    async def answers(self, own: str, user: RemoteUserID, key: str) -> bool:
        """Note, durably, that the text `key` of theirs is being answered; False: it was before."""
        stored = await self._load(f"answered {own} {user}")
        keys: list[str] = [] if stored is None else json.loads(stored)
        if key in keys:
            return False
        await self._save(f"answered {own} {user}", json.dumps([*keys, key][-WORDS:]))
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


def _choice(stored: dict[str, Any]) -> _Choice:
    """As it was kept; older ones say of an opt-out alone when it was."""
    out = None if stored["out"] is None else OptedOut(**stored["out"])
    at = stored.get("at") or ("" if out is None else out.since)
    return _Choice(out, tuple(stored["keys"]), stored.get("changed", ""), at)


def _last(choices: Iterable[_Choice]) -> _Choice:
    return max(choices, key=lambda one: one.place, default=_Choice())
