"""Everything that carries files, between a fake homeserver and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bridgekit.clock import SystemClock
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.ids import EventID, NetworkName, RoomID, UserID
from bridgekit.matrix.api import HomeserverAPI
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.media import MediaRepository
from bridgekit.matrix.server import Server
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.hourly import Hourly
from bridgekit.media.limits import SizeLimit
from bridgekit.media.links import Links
from bridgekit.media.opened import Opened
from bridgekit.media.side import MediaSide
from bridgekit.media.uploads import Uploads
from bridgekit.scanning.scan import Scan
from bridgekit.sealing import Sealing
from bridgekit.sign_in.redirects import Redirects
from bridgekit.signing import Signer
from bridgekit.status import Status
from bridgekit.store.media import Media
from bridgekit.store.store import Store, open_store
from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.web.public import served
from bridgekit.webhooks import Webhooks

HERE = "127.0.0.1"
TOKEN = "as-token-of-the-files-0123456789"
LARGEST = 200_000  # bytes
NETWORK = NetworkName("pager")


class Now(SystemClock):
    """Waits are over at once; `later` is what the wall clock is ahead."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.later = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(0)

    def now(self) -> Any:
        return super().now() + timedelta(seconds=self.later)


class _Nobody:
    async def accept(self, txn: str, body: str, content: Mapping[str, Any]) -> None: ...


async def _no(_: object) -> bool:
    return False


class Files:
    """What carries files. `url` is where the world reaches it."""

    def __init__(self, hs: FakeHomeserver, store: Store, session: ClientSession) -> None:
        self.hs, self.store, self.session = hs, store, session
        self.clock = Now()
        self.repository = MediaRepository(hs.url, TOKEN, session)
        self.intents = Intents(HomeserverAPI(hs.url, TOKEN, session), UserID("@bot:example.org"))
        self.media = Media(store.reader)
        self.scan = Scan(ScanSettings(), self.clock)
        self.opened = Opened(self.repository, LARGEST, self.scan)
        self.signer = Signer(b"secret", store.instance)
        self.uploads = self.made_uploads()
        self.status = Status(self.intents, self.signer)
        self.url = ""

    def made_uploads(self, **other: Any) -> Uploads:
        parts: dict[str, Any] = {
            "repository": self.repository,
            "fetcher": Fetcher(),
            "media": self.media,
            "writer": self.store.writer,
            "limit": SizeLimit(self.repository, LARGEST, self.clock),
            "hourly": Hourly(1 << 30, self.clock),
            "sealing": Sealing([b"what seals"]),
            "clock": self.clock,
            "keep_exif": False,
            "scan": self.scan,
        }
        return Uploads(**{**parts, **other})

    def made_links(self, public_url: str | None) -> Links:
        return Links(
            public_url=public_url,
            lifetime=3600,
            media=self.media,
            writer=self.store.writer,
            signer=self.signer,
            clock=self.clock,
            opened=self.opened,
        )

    async def listen(self, stack: list[web.AppRunner]) -> None:
        self.webhooks = Webhooks("https://bridge.example.org")
        self.links = self.made_links("https://bridge.example.org")
        side = MediaSide(
            repository=self.repository,
            uploads=self.uploads,
            opened=self.opened,
            links=self.links,
            fetcher=Fetcher(),
            webhooks=self.webhooks,
        )
        server = Server("hs-token", _Nobody(), _no, _no)
        others = (web.Application(), Redirects(None))
        app = served(server.app, side, *others, self.intents, self.status, self.clock)
        runner = web.AppRunner(app, access_log=None)
        stack.append(runner)
        await runner.setup()
        await web.TCPSite(runner, HERE, 0).start()
        self.url = f"http://{HERE}:{runner.addresses[0][1]}"

    def here(self, link: str) -> str:
        """A public link as it is reached without the public's DNS."""
        return link.replace("https://bridge.example.org", self.url)

    @property
    def stored(self) -> list[bytes]:
        """What lies on the homeserver, oldest first."""
        return [media.data or b"" for media in self.hs.world.media.values()]

    async def put(self, data: bytes, mime: str = "text/plain", name: str = "x") -> str:
        """A file that somebody uploaded; its `mxc://` URI."""

        async def pieces() -> AsyncIterator[bytes]:
            yield data

        return await self.repository.upload(pieces(), len(data), mime, name)


@pytest.fixture
async def files(database: str) -> AsyncIterator[Files]:
    runners: list[web.AppRunner] = []
    async with (
        FakeHomeserver() as hs,
        open_store(database, SystemClock()) as store,
        ClientSession() as session,
    ):
        hs.load_registration(
            {
                "id": "bridge",
                "url": None,
                "as_token": TOKEN,
                "hs_token": "hs-token",
                "sender_localpart": "bot",
                "namespaces": {"users": [{"regex": "@pager_.*", "exclusive": True}]},
            }
        )
        files = Files(hs, store, session)
        try:
            await files.listen(runners)
            yield files
        finally:
            for runner in runners:
                await runner.cleanup()


ROOM, EVENT = RoomID("!room:example.org"), EventID("$event")
