"""What a bridge and its holder may read from each other, and a journal from its disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridges.irc.connection import Address, DisconnectedError
from bridges.irc.holder.held import HeldConnection
from bridges.irc.holder.journal import Journal
from bridges.irc.holder.messages import _KINDS, Fate, Opened, dump, load
from tests.fuzz.effort import tries
from tests.fuzz.outside import ANYTHING, NUMBER, TEXT, bent

_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    str | None: st.none() | TEXT,
    int: st.integers(),
    float: st.floats(0, 2e9),
    bool: st.booleans(),
    tuple[str, ...]: st.lists(TEXT, max_size=3),
    Fate: st.sampled_from([*Fate]),
}
_VALUES[Address] = bent({one.name: _VALUES[one.type] for one in fields(Address)})
_MESSAGES = st.sampled_from(sorted(_KINDS)).flatmap(
    lambda name: st.tuples(
        st.just(name), bent({one.name: _VALUES[one.type] for one in fields(_KINDS[name])})
    )
)
_LINES = (
    (_MESSAGES | ANYTHING).map(lambda value: json.dumps(value).encode())
    | st.builds("{} {} {}".format, NUMBER, NUMBER | TEXT, TEXT).map(
        lambda record: record.encode("utf-8", "surrogatepass")
    )
    | st.sampled_from([b"3 1.500 :a PRIVMSG #c :hi", b"4 nan x", b"5 1e30 @a x", b"6 1", b""])
    | st.binary(max_size=40)
)


@tries(150)
@given(_LINES)
@example(b"[" * 100_000)
@example(b'["Open", {"slot": 1, "address": {}, "stored": null}]')
@example(b'["Stored", {"number": "1"}]')
@example(b'["Write", {"lines": [], "key": {}}]')
def test_a_line_between_a_bridge_and_its_holder_is_a_message_or_none(line: bytes) -> None:
    with suppress(ValueError):
        message = load(line)
        assert load(dump(message)) == message


@tries(60)
@given(st.lists(_LINES, max_size=6), st.integers(1, 50))
@example([b"6 1"], 9)
@example([b"5 1e30 @a x"], 9)
@example([b"5 nan x"], 9)
def test_whatever_a_holder_says_is_a_line_or_ends_the_connection(
    lines: list[bytes], size: int
) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        data = b"\n".join([*lines, b""])
        for at in range(0, len(data), size * 97):
            reader.feed_data(data[at : at + size * 97])
        reader.feed_eof()
        writer: Any = None
        held = HeldConnection(Opened("one", "", alive=True, since=0.0), reader, writer)
        with suppress(DisconnectedError):
            while True:
                for line in await held.read():
                    assert b"\n" not in line

    asyncio.run(read())


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One for all cases: its file is written anew by each."""
    with TemporaryDirectory() as name:
        yield Path(name)


_SAID = [b":a PRIVMSG #c :one", b"two  words", b"\xff", b"x" * 9000]


def _everything(journal: Journal) -> list[list[bytes]]:
    at, found = journal.place_after(0), b""
    while chunk := journal.read(at):
        found += chunk
        at += len(chunk)
    return [record.split(b" ", 2)[::2] for record in found.split(b"\n")[:-1]]


def _written(path: Path) -> bytes:
    journal = Journal(path)
    journal.append(_SAID, 1.5)
    journal.close(remove=False)
    return path.read_bytes()


@tries(100)
@given(st.data())
def test_a_journal_that_a_disk_has_damaged_is_read_up_to_there(
    folder: Path, data: st.DataObject
) -> None:
    path = folder / "one.journal"
    path.unlink(missing_ok=True)
    whole = _written(path)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    put = data.draw(st.sampled_from([b"", b"\0" * 4096, b"\0\n", b"9 x\n"]) | st.binary(max_size=9))
    path.write_bytes(whole[:start] + put + whole[end:])
    journal = Journal(path)
    intact = whole[:start].count(b"\n")
    journal.append([b"and on"], 2.5)
    found = _everything(journal)
    numbers = [int(number) for number, _ in found]
    assert numbers == sorted(set(numbers))
    assert [said for _, said in found[:intact]] == _SAID[:intact]
    assert found[-1] == [b"%d" % journal.last, b"and on"]
    journal.stored(journal.last)
    assert not journal.unread
    journal.close(remove=True)


def test_a_journal_of_zeros_stands_in_nobodys_way(folder: Path) -> None:
    path = folder / "zeros.journal"
    path.write_bytes(b"\0" * 5000 + b"\n")
    journal = Journal(path)
    journal.append([b"hello"], 0)
    assert _everything(journal) == [[b"1", b"hello"]]
    journal.close(remove=True)
