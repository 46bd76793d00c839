"""The bridge's side of the media benchmark: one large file, in either direction."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

from aiohttp import ClientSession

from benchmarks.child import serve
from bridgekit import Attachment, AttachmentKind, Client
from bridgekit.clock import SystemClock
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.ids import NetworkName
from bridgekit.matrix.media import MediaRepository
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.hourly import Hourly
from bridgekit.media.limits import SizeLimit
from bridgekit.media.opened import Opened
from bridgekit.media.source import MatrixFile, encode
from bridgekit.media.uploads import Uploads
from bridgekit.scanning.scan import Scan
from bridgekit.sealing import Sealing
from bridgekit.store.media import Media
from bridgekit.store.store import Store, open_store
from bridgekit.supports import SupportsDownload

PIECE = 1 << 16
CAP = 1 << 40


class _Zeros(SupportsDownload):
    """A client whose files are named by their size."""

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        size = int(attachment.source)
        for start in range(0, size, PIECE):
            yield bytes(min(PIECE, size - start))


class _Carrier:
    def __init__(self, store: Store, session: ClientSession) -> None:
        self._store, self._session = store, session

    async def to_matrix(self, url: str, size: int) -> dict[str, Any]:
        repository = MediaRepository(url, "token", self._session)
        uploads = Uploads(
            repository=repository,
            fetcher=Fetcher(),
            media=Media(self._store.reader),
            writer=self._store.writer,
            limit=SizeLimit(repository, CAP, SystemClock()),
            hourly=Hourly(1 << 50, SystemClock()),
            sealing=Sealing([b"nothing is secret"]),
            clock=SystemClock(),
            keep_exif=False,
            scan=Scan(ScanSettings(), SystemClock()),
        )
        zeros = Attachment(AttachmentKind.FILE, str(size), "zeros.bin")
        file = await uploads.upload(NetworkName("bench"), cast("Client", _Zeros()), zeros)
        return {"arrived": file.size}

    async def to_network(self, url: str, size: int) -> dict[str, Any]:
        scan = Scan(ScanSettings(), SystemClock())
        opened = Opened(MediaRepository(url, "token", self._session), CAP, scan)
        source = encode(MatrixFile(f"mxc://example.org/{size}"))
        arrived = 0
        async with opened.open(Attachment(AttachmentKind.FILE, source, "zeros.bin")) as file:
            while piece := file.read(PIECE):
                arrived += len(piece)
        return {"arrived": arrived}


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bridgekit-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bridge.db'}"
        async with open_store(url, SystemClock()) as store, ClientSession() as session:
            carrier = _Carrier(store, session)
            await serve({"to_matrix": carrier.to_matrix, "to_network": carrier.to_network})


if __name__ == "__main__":
    asyncio.run(main())
