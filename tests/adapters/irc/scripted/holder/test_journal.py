"""What a server said is on disk, numbered, until it is stored."""

import errno
import os

import pytest

from bridges.irc.holder import journal as module
from bridges.irc.holder.journal import Journal


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "one.journal")
    yield journal
    journal.close(remove=True)


def everything(journal, place=None):
    at = journal.place_after(0) if place is None else place
    found = b""
    while chunk := journal.read(at):
        found += chunk
        at += len(chunk)
    return [record.split(b" ", 2)[::2] for record in found.splitlines()]


def test_what_is_written_is_read_with_its_number(journal):
    journal.append([b":a PRIVMSG #c :one", b"two  words"], 1.5)
    journal.append([], 2)
    journal.append([b"\xff"], 3)
    assert everything(journal) == [
        [b"1", b":a PRIVMSG #c :one"],
        [b"2", b"two  words"],
        [b"3", b"\xff"],
    ]


def test_what_is_stored_is_gone_and_the_rest_keeps_its_numbers(journal, tmp_path):
    journal.append([b"one", b"two"], 0)
    journal.stored(1)
    assert journal.unread
    assert everything(journal, journal.place_to_go_on) == [[b"2", b"two"]]
    journal.stored(2)
    assert not journal.unread
    assert (tmp_path / "one.journal").stat().st_size == 0
    journal.append([b"three"], 0)
    assert everything(journal) == [[b"3", b"three"]]


def test_a_long_journal_is_cut_in_front_while_it_grows(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_CUT", 4000)
    monkeypatch.setattr(module, "_GRAIN", 500)
    line = b"x" * 80
    for number in range(200):
        journal.append([line], 0)
        if number % 10 == 9:
            journal.stored(number - 4)
    assert (tmp_path / "one.journal").stat().st_size < 7000
    numbers = [int(number) for number, _ in everything(journal, journal.place_after(195))]
    assert numbers == [196, 197, 198, 199, 200]


def test_a_full_disk_costs_nothing_where_a_journal_is_cut(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_CUT", 400)
    monkeypatch.setattr(module, "_GRAIN", 100)
    for _ in range(20):
        journal.append([b"x" * 80], 0)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:5]))
    journal.stored(15)
    monkeypatch.setattr(os, "write", write)
    assert [int(one) for one, _ in everything(journal, journal.place_after(15))] == [*range(16, 21)]
    assert [path.name for path in tmp_path.iterdir()] == ["one.journal"]
    journal.append([b"more"], 0)
    journal.stored(20)
    assert everything(journal, journal.place_to_go_on) == [[b"21", b"more"]]


def test_a_process_that_was_killed_finds_all_but_the_half_written_end(journal, tmp_path):
    journal.append([b"one", b"two"], 0)
    with (tmp_path / "one.journal").open("ab") as file:
        file.write(b"3 0.000 thr")
    again = Journal(tmp_path / "one.journal")
    assert (again.last, again.unread) == (2, True)
    again.append([b"three"], 0)
    assert everything(again) == [[b"1", b"one"], [b"2", b"two"], [b"3", b"three"]]
    again.close(remove=False)


def test_a_disk_without_room_takes_all_or_nothing(journal, monkeypatch):
    journal.append([b"one"], 0)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:5]))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        journal.append([b"two"], 0)
    monkeypatch.undo()
    journal.append([b"two"], 0)
    assert everything(journal) == [[b"1", b"one"], [b"2", b"two"]]
