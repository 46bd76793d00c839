"""The pictures of ghosts: what the network last told of them, set when the ghost is next seen.

A picture is known by its source: the same one is neither fetched nor set again. No picture is
worth a message: where it cannot be had, the ghost keeps the one it has.
"""

from __future__ import annotations

import hashlib

import structlog

from bridgekit.adapter import Client
from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.facts import Attachment
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.media.uploaded import FileBlocked, FileMissing
from bridgekit.media.uploads import Uploads
from bridgekit.models import Ghost
from bridgekit.person.names import KEPT, Names, Shelf
from bridgekit.scanning.report import Report
from bridgekit.store.people import People
from bridgekit.store.writer import Writer

log = structlog.get_logger()

PATIENCE = 10.0  # seconds: whoever has something to say waits for no more
AGAIN = 300.0  # seconds after which what was slow is tried again


class Faces:
    """Of all networks."""

    def __init__(
        self, names: Names, people: People, writer: Writer, intents: Intents, clock: Clock
    ) -> None:
        self._names, self._intents, self._clock = names, intents, clock
        self._shown = Shelf("faces", people, writer)
        self._uploads: Uploads | None = None
        self._report = Report(writer, clock)
        self._settled: LRU[tuple[NetworkName, RemoteUserID], str] = LRU(KEPT)
        self._slow: LRU[tuple[NetworkName, RemoteUserID], float] = LRU(10_000)

    def attach(self, uploads: Uploads) -> None:
        """What brings pictures to Matrix; before that, none are shown."""
        self._uploads = uploads

    async def show(self, ghost: Ghost, client: Client | None) -> None:
        """Give the ghost the picture that its user has, unless it has it."""
        person = (ghost.network, ghost.user)
        told = await self._names.told_picture(*person)
        if not told or self._settled.get(person) == told or self._waits(ghost):
            return
        picture = await self._names.picture(*person)
        if picture is not None and self._uploads is not None:
            await self._show(self._uploads, ghost, client, picture)
        if not self._waits(ghost):
            self._settled.put(person, told)

    async def _show(
        self, uploads: Uploads, ghost: Ghost, client: Client | None, picture: Attachment
    ) -> None:
        look = hashlib.sha256(picture.source.encode("utf-8", "replace")).hexdigest()[:32]
        if await self._shown.get(ghost.network, ghost.user) == look:
            return
        try:
            async with self._clock.timeout(PATIENCE):
                await self._set(uploads, ghost, client, picture)
        except (RetryLater, TimeoutError):
            self._slow.put((ghost.network, ghost.user), self._clock.monotonic())
            return
        except (Refused, FileMissing) as error:
            if isinstance(error, FileBlocked):
                await self._report(error.blocked, look, ghost.network, ghost.mxid)
            log.warning("picture not shown", user=ghost.mxid, why=str(error))
        await self._shown.put(ghost.network, ghost.user, look)

    async def _set(
        self, uploads: Uploads, ghost: Ghost, client: Client | None, picture: Attachment
    ) -> None:
        mxc = ""  # it was taken away
        if picture.source:
            key = f"face {ghost.user} {picture.source}"
            mxc = (await uploads.upload(ghost.network, client, picture, key=key)).mxc
        await self._intents.set_avatar(ghost.mxid, mxc)

    def _waits(self, ghost: Ghost) -> bool:
        slow = self._slow.get((ghost.network, ghost.user))
        return slow is not None and self._clock.monotonic() - slow < AGAIN
