"""The homeserver's content repository, streamed."""

from __future__ import annotations

import pytest

from bridgekit.errors import RetryLater
from bridgekit.matrix.api import AnswerLost, HomeserverDown, Refused
from tests.core.media.conftest import Files


async def read(files: Files, mxc: str) -> bytes:
    async with files.repository.download(mxc) as download:
        return b"".join([piece async for piece in download.pieces])


async def test_what_is_uploaded_is_downloaded_again(files: Files) -> None:
    data = bytes(range(256)) * 1000
    mxc = await files.put(data, "application/x-odd")
    async with files.repository.download(mxc) as download:
        assert (download.mime, download.size) == ("application/x-odd", len(data))
        assert b"".join([piece async for piece in download.pieces]) == data


async def test_the_homeserver_says_how_large_a_file_may_be(files: Files) -> None:
    assert await files.repository.largest() == 50 << 20


async def test_an_old_homeserver_is_asked_without_a_token(files: Files) -> None:
    fault = files.hs.fail(
        "GET", "/client/v1/media/", status=404, errcode="M_UNRECOGNIZED", times=None
    )
    with pytest.raises(Refused):  # the fake has frozen the old path, as Synapse has
        await read(files, "mxc://example.org/abc")
    assert fault.struck == 1
    assert files.hs.requests["GET /_matrix/media/v3/download/{server}/{media}"] == 1


async def test_a_file_that_is_not_there_is_not_asked_for_in_the_old_way(files: Files) -> None:
    with pytest.raises(Refused) as refused:
        await read(files, "mxc://example.org/abc")
    assert refused.value.code == "M_NOT_FOUND"
    assert not files.hs.requests["GET /_matrix/media/v3/download/{server}/{media}"]


async def test_an_answer_that_is_lost_is_not_a_refusal(files: Files) -> None:
    files.hs.lose_answer("POST", "/upload")
    with pytest.raises(AnswerLost):
        await files.put(b"data")
    mxc = await files.put(b"data")
    files.hs.drop_request("GET", "/download/", times=None)
    with pytest.raises(HomeserverDown):
        await read(files, mxc)


async def test_a_rate_limit_says_how_long(files: Files) -> None:
    files.hs.fail("POST", "/upload", status=429, errcode="M_LIMIT_EXCEEDED", retry_after_ms=3000)
    with pytest.raises(RetryLater) as error:
        await files.put(b"data")
    assert error.value.after == 3.0
