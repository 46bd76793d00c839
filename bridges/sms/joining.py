"""Texts that come in several parts: kept until all are there, in the database from the first on.

A part is known by sender, receiver, reference and number (3GPP TS 23.040, 9.2.3.24.1). Parts come
in any order, twice, and never; a reference is used again, by some phones with the next message.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Any

from bridgekit import Host
from bridges.sms.alphabet import from_gsm, from_ucs2
from bridges.sms.provider import Part

_KEY = "parts"
GROUPS = 500  # texts that may be incomplete at once; of more, the oldest is shown as it is
FINISHED = 200  # that are remembered, lest a part that is told again begins another one
AGAIN = 2.5 * 24 * 3600.0  # seconds for which gateways tell a part again; later it is a new text


@dataclass(slots=True)
class Group:
    """One text in the making. `name` says whose it is; `opened` is when its first part came."""

    name: str
    total: int
    opened: float
    parts: dict[int, Part] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return len(self.parts) == self.total

    def lacks(self, part: Part) -> bool:
        """Whether this is one that it waits for."""
        return part.total == self.total and part.number not in self.parts

    @property
    def id(self) -> str:
        """The same each time that this text is put together, and no other's."""
        digest = sha256(f"{self.name} {self.opened}".encode()).hexdigest()
        return f"parts-{digest[:24]}"

    def text(self) -> str:
        """What has come, decoded as a whole where it is, with a mark where something is missing."""
        said = "".join(_decoded(run) for run in self._runs())
        missing = [
            f"{after + 1}" if one == after + 2 else f"{after + 1}-{one - 1}"
            for after, one in pairwise([0, *sorted(self.parts), self.total + 1])
            if one > after + 1
        ]
        if not missing:
            return said
        which = ", ".join(missing)
        return f"{said}\n[of {self.total} parts of this message, missing: {which}]"

    def _runs(self) -> Iterator[list[Part]]:
        """Neighbours that are decoded together, as a character may be cut between them."""
        run: list[Part] = []
        for before, number in pairwise([0, *sorted(self.parts), self.total + 1]):
            part, gap = self.parts.get(number), number > before + 1
            if run and (part is None or gap or part.coding != run[-1].coding):
                yield run
                run = []
            if gap:
                yield [Part("", 0, 0, text=" […] ")]
            if part is not None:
                run.append(part)


class Joining:
    """Of all senders of one network; `now` is in seconds since 1970."""

    def __init__(self, host: Host, wait: float, now: Callable[[], float]) -> None:
        self._host, self._wait, self._now = host, wait, now
        self._groups: dict[str, Group] = {}
        self._finished: dict[str, float] = {}  # digest of a part: when its text was shown
        self._opened = asyncio.Event()

    async def load(self) -> None:
        """What was incomplete when the bridge ended."""
        stored = json.loads(await self._host.load(_KEY) or "{}")
        self._groups = {one["name"]: _group(one) for one in stored.get("groups", ())}
        self._finished = dict(stored.get("shown", {}))

    async def add(
        self, name: str, part: Part, about: dict[str, str], *, new: bool = False
    ) -> list[Group]:
        """Keep a part, durable on return; the texts that are to be shown now, in order.

        Show them, then `forget` them: until then they would be shown again after a crash. `new`: it
        is no part of what was shown, even if it looks the same.
        """
        group = self._groups.get(name)
        lacks = group is not None and group.lacks(part) and not part.id
        if not new and not lacks and self._shown(name, part):
            return []
        due: list[Group] = []
        if group is not None and not self._belongs(group, part):
            due.append(self._groups.pop(name))  # its reference was used again
            group = None
        if group is None:
            group = self._groups[name] = Group(name, part.total, self._now(), about=about)
            self._opened.set()
        group.parts[part.number] = part
        if len(self._groups) > GROUPS:
            due.append(self._groups.pop(next(iter(self._groups))))
        await self._save(*due)
        return [*due, group] if group.complete else due

    def _shown(self, name: str, part: Part) -> bool:
        """Whether it is told again. Without an ID it may be another text's, which ends alike."""
        shown = self._finished.get(_digest(name, part))
        return shown is not None and self._now() - shown < AGAIN

    def due(self) -> list[Group]:
        """Those that nobody waits for any more, and those whose showing a crash has cut off."""
        over = self._now() - self._wait
        return [one for one in self._groups.values() if one.complete or one.opened <= over]

    async def until_due(self) -> None:
        """Return when one of them is due."""
        while not self.due():
            oldest = min((one.opened for one in self._groups.values()), default=None)
            if oldest is None:
                self._opened.clear()
                await self._opened.wait()
            else:
                await asyncio.sleep(max(0.1, oldest + self._wait - self._now()))

    async def forget(self, group: Group) -> None:
        """It was shown."""
        if self._groups.get(group.name) is group:
            del self._groups[group.name]
        for part in group.parts.values():
            self._finished[_digest(group.name, part)] = self._now()
        while len(self._finished) > FINISHED:
            del self._finished[next(iter(self._finished))]
        await self._save()

    def _belongs(self, group: Group, part: Part) -> bool:
        if group.total != part.total or group.opened <= self._now() - self._wait:
            return False
        known = group.parts.get(part.number)
        return known is None or known == part

    async def _save(self, *due: Group) -> None:
        groups = [_stored(one) for one in (*due, *self._groups.values())]
        value = json.dumps({"groups": groups, "shown": self._finished})
        await self._host.save(_KEY, value)


def _digest(name: str, part: Part) -> str:
    content = f"{name} {part.number} {part.octets.hex()} {part.text}"
    if part.id:  # else texts that begin alike, under one reference, would be one
        content += f" {part.id}"
    return sha256(content.encode()).hexdigest()[:24]


def _decoded(run: list[Part]) -> str:
    if run[0].text is not None:
        return "".join(part.text or "" for part in run)
    return decode(b"".join(part.octets for part in run), run[0].coding)


def decode(octets: bytes, coding: str) -> str:
    """User data in the coding that its message declares; what cannot be read is U+FFFD."""
    match coding:
        case "gsm7":
            return from_gsm(octets)
        case "ucs2":
            return from_ucs2(octets)
        case "8bit":
            return _guessed(octets)
        case _:
            return octets.decode(coding or "utf-8", "replace")


def _guessed(octets: bytes) -> str:
    """Text of which nobody says how it is encoded."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _stored(group: Group) -> dict[str, Any]:
    parts = [
        [one.number, b64encode(one.octets).decode(), one.coding, one.text, one.reference, one.id]
        for one in group.parts.values()
    ]
    head = {"name": group.name, "total": group.total, "opened": group.opened}
    return {**head, "about": group.about, "parts": parts}


def _group(stored: dict[str, Any]) -> Group:
    total = stored["total"]
    parts = {
        number: Part(reference, total, number, b64decode(octets), coding, text, *id_)
        for number, octets, coding, text, reference, *id_ in stored["parts"]  # older: without
    }
    return Group(stored["name"], total, stored["opened"], parts, stored["about"])
