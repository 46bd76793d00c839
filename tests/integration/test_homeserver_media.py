"""The content repository of a real Synapse, and of the fake, through what the bridge uses."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from bridgekit import Attachment, AttachmentKind, Rejected
from bridgekit.clock import SystemClock
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.matrix.api import AnswerLost, Refused, TokenUnknown
from bridgekit.matrix.media import MediaRepository
from bridgekit.media.files import pieces_of
from bridgekit.media.opened import Opened
from bridgekit.media.source import MatrixFile, encode
from bridgekit.scanning.scan import Scan

DATA = bytes(range(256)) * 4000
SCAN = Scan(ScanSettings(), SystemClock())


@pytest.fixture
async def repository(stage) -> AsyncIterator[MediaRepository]:
    async with ClientSession() as session:
        yield MediaRepository(stage.bridge._homeserver, "as-token", session)


async def uploaded(repository: MediaRepository, data: bytes = DATA) -> str:
    return await repository.upload(
        pieces_of(io.BytesIO(data)), len(data), "application/x-odd", "ö dd.bin"
    )


async def test_a_file_goes_up_and_comes_down_with_authentication(repository) -> None:
    mxc = await uploaded(repository)
    assert mxc.startswith("mxc://localhost/")
    async with repository.download(mxc) as download:
        assert (download.mime, download.size) == ("application/x-odd", len(DATA))
        assert b"".join([piece async for piece in download.pieces]) == DATA


async def test_nobody_downloads_without_a_token(repository) -> None:
    mxc = await uploaded(repository)
    async with ClientSession() as session:
        stranger = MediaRepository(repository._url, "no-token", session)
        with pytest.raises(TokenUnknown):
            async with stranger.download(mxc):
                pass
        path = mxc.removeprefix("mxc://")
        url = f"{repository._url}/_matrix/media/v3/download/{path}"
        async with session.get(url) as response:
            assert response.status == 404


async def test_the_homeserver_says_how_large_an_upload_may_be_and_holds_to_it(repository) -> None:
    largest = await repository.largest()
    assert await uploaded(repository, bytes(largest))
    # Synapse cuts the connection in the middle of what is too large: so its limit is asked first.
    with pytest.raises((Refused, AnswerLost)):
        await uploaded(repository, bytes(largest + 1))


async def test_a_file_that_is_not_there_is_named(repository) -> None:
    missing = Attachment(
        AttachmentKind.FILE, encode(MatrixFile("mxc://localhost/nothing")), "notes.txt"
    )
    with pytest.raises(Rejected, match=r"notes\.txt"):
        async with Opened(repository, 1 << 20, SCAN).open(missing):
            pass


async def test_a_file_is_opened_as_a_real_file(repository) -> None:
    mxc = await uploaded(repository)
    attachment = Attachment(AttachmentKind.FILE, encode(MatrixFile(mxc)), "odd.bin")
    async with Opened(repository, 2 << 20, SCAN).open(attachment) as file:
        assert file.read() == DATA
