"""Matrix to network: a file of Matrix as a real file."""

from __future__ import annotations

import pytest

from bridgekit import Attachment, AttachmentKind, Rejected
from bridgekit.matrix.api import HomeserverDown
from bridgekit.media.source import MatrixFile, decode, encode, is_mxc
from tests.core.media.conftest import EVENT, LARGEST, ROOM, Files


def of(mxc: str, name: str = "notes.txt") -> Attachment:
    return Attachment(AttachmentKind.FILE, encode(MatrixFile(mxc, ROOM, EVENT)), name)


async def test_an_adapter_reads_a_file_of_matrix(files: Files) -> None:
    mxc = await files.put(b"some notes")
    async with files.opened.open(of(mxc)) as file:
        assert file.read() == b"some notes"
        file.fileno()  # a real one: some libraries want that
    assert file.closed


async def test_a_file_beyond_the_cap_is_refused_by_name(files: Files) -> None:
    mxc = await files.put(b"x" * (LARGEST + 1))
    with pytest.raises(Rejected, match=r"The file notes\.txt could not be bridged\. It is larger"):
        async with files.opened.open(of(mxc)):
            pass


async def test_a_file_that_is_gone_is_refused_by_name(files: Files) -> None:
    with pytest.raises(Rejected, match=r"notes\.txt"):
        async with files.opened.open(of("mxc://example.org/gone")):
            pass


async def test_an_answer_that_breaks_off_is_no_file(files: Files) -> None:
    mxc = await files.put(b"some notes")
    files.hs.lose_answer("GET", "/download/", times=None)
    with pytest.raises(HomeserverDown):
        async with files.opened.open(of(mxc)):
            pass


async def test_what_an_adapter_raises_inside_comes_out_as_it_is(files: Files) -> None:
    mxc = await files.put(b"some notes")
    with pytest.raises(KeyError):
        async with files.opened.open(of(mxc)):
            raise KeyError


def test_a_source_is_read_back() -> None:
    file = MatrixFile("mxc://example.org/abc", ROOM, EVENT)
    assert decode(encode(file)) == file


@pytest.mark.parametrize(
    "source", ["", "https://example.org/x", "{}", '{"mxc": "file:///etc/passwd"}', "[1]", "null"]
)
def test_any_other_source_is_refused(source: str) -> None:
    with pytest.raises(Rejected):
        decode(source)


@pytest.mark.parametrize(
    "uri", ["mxc://a/../b", "mxc://a/b/c", "mxc://a/b?x", "http://a/b", "mxc://a/b\n", None, 5]
)
def test_what_is_no_mxc_uri_is_known(uri: object) -> None:
    assert not is_mxc(uri)
