"""What the networks last told of people's names and pictures, kept until their ghosts bear them.

A ghost that is not there yet, or says nothing for a month, still gets its newest name when it is
next seen; so nobody is asked twice for what was told already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bridgekit.codec import BrokenRecord, dump, load
from bridgekit.facts import Attachment, UserInfo
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.lru import LRU
from bridgekit.person.naming import clean_name
from bridgekit.store.people import People, save_value
from bridgekit.store.writer import Writer

KEPT = 20_000


class Shelf:
    """One word about each person, in memory while it is asked for; "" if there is none."""

    def __init__(self, what: str, people: People, writer: Writer) -> None:
        self._what, self._people, self._writer = what, people, writer
        self._known: LRU[tuple[NetworkName, RemoteUserID], str] = LRU(KEPT)

    async def get(self, network: NetworkName, user: RemoteUserID) -> str:
        known = self._known.get((network, user))
        if known is None:
            stored = await self._people.value(self._place(network), user) or ""
            known = self._known.get((network, user))  # somebody may have put it meanwhile
            if known is None:
                known = self._known.put((network, user), stored)
        return known

    def holds(self, network: NetworkName, user: RemoteUserID, word: str) -> bool:
        """Whether that is known to be the word already."""
        return self._known.get((network, user)) == word

    async def put(self, network: NetworkName, user: RemoteUserID, word: str) -> None:
        """Durable on return; what is known already costs nothing."""
        if self.holds(network, user, word):
            return
        self._known.put((network, user), word)
        try:
            await self._writer.write(save_value(self._place(network), user, word))
        except BaseException:
            self._known.forget((network, user))  # not stored: told again, it is news again
            raise

    def _place(self, network: NetworkName) -> NetworkName:
        """Where it stands among the small values; no network's own name has a space."""
        return NetworkName(f"{network} {self._what}")


class Names:
    """Of all networks."""

    def __init__(self, people: People, writer: Writer) -> None:
        self._names = Shelf("names", people, writer)
        self._pictures = Shelf("pictures", people, writer)

    async def of(self, network: NetworkName, user: RemoteUserID) -> str | None:
        """The name last told; None if there is none."""
        return await self._names.get(network, user) or None

    async def picture(self, network: NetworkName, user: RemoteUserID) -> Attachment | None:
        """The picture last told (its source is "" where it was taken away); None: none ever."""
        told = await self.told_picture(network, user)
        if not told:
            return None
        try:
            found = load(told)
        except BrokenRecord:  # of another release: it will be told again
            return None
        return found if isinstance(found, Attachment) else None

    async def told_picture(self, network: NetworkName, user: RemoteUserID) -> str:
        """The same as it is kept: another one where it is another picture."""
        return await self._pictures.get(network, user)

    async def tell(self, network: NetworkName, infos: Iterable[UserInfo]) -> None:
        """Keep what `infos` say, durable on return; what is known already costs nothing."""
        told: list[tuple[Shelf, RemoteUserID, str]] = []
        for info in infos:
            name = clean_name(info.name or "")
            if info.id is not None and name:
                told.append((self._names, info.id, name))
            if info.id is not None and info.avatar is not None:
                told.append((self._pictures, info.id, dump(info.avatar)))
        news = [  # nearly always nothing: every message tells who says it
            shelf.put(network, user, word)
            for shelf, user, word in told
            if not shelf.holds(network, user, word)
        ]
        await asyncio.gather(*news)
