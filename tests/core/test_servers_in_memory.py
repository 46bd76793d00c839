"""The database of a server is on a disk in memory while that runs, and where it was afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from bridgekit.testing import memory as disk
from bridgekit.testing.servers import in_memory as module
from bridgekit.testing.servers import synapse, synapse_server
from bridgekit.testing.servers.in_memory import in_memory


@pytest.fixture
def memory(tmp_path, monkeypatch):
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(disk, "MEMORY", folder)
    monkeypatch.setattr(module, "ROOM", 0)
    return folder


def write(file, *values):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS said (text)")
        connection.executemany("INSERT INTO said VALUES (?)", [[value] for value in values])
        connection.commit()


def read(file):
    with closing(sqlite3.connect(file)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM said")]


def test_a_second_run_finds_what_the_first_one_wrote(memory, tmp_path):
    file = tmp_path / "homeserver.db"
    with in_memory(file):
        write(file, "one")
        assert file.is_symlink()
        assert file.resolve().is_relative_to(memory)
    assert not file.is_symlink()
    with in_memory(file):
        write(file, "two")
    assert read(file) == ["one", "two"]
    assert list(memory.iterdir()) == []


@pytest.mark.usefixtures("memory")
def test_what_is_still_in_the_log_comes_along(tmp_path):
    file = tmp_path / "homeserver.db"
    with in_memory(file):
        killed = sqlite3.connect(file)  # a server that is killed closes nothing
        write(file, "one")
        log = file.resolve().with_name("homeserver.db-wal")
        killed.execute("SELECT * FROM said").fetchall()
        write(file, "two")
        assert log.stat().st_size > 0
    killed.close()
    assert read(file) == ["one", "two"]


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("lacking", ["room", "memory"])
def test_where_there_is_no_room_it_stays_where_it_is(tmp_path, monkeypatch, lacking):
    if lacking == "room":
        monkeypatch.setattr(module, "ROOM", 1 << 60)
    else:
        monkeypatch.setattr(disk, "MEMORY", tmp_path / "nowhere")
    file = tmp_path / "homeserver.db"
    with in_memory(file):
        write(file, "one")
        assert not file.is_symlink()
    assert read(file) == ["one"]


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("durable", [False, True])
def test_what_is_measured_waits_for_a_disk(tmp_path, monkeypatch, durable):
    seen = []

    class Process:
        def __init__(self, *_, **__):
            self.database = tmp_path / "homeserver.db"

        def start(self):
            seen.append(self.database.is_symlink())

        def stop(self):
            pass

    monkeypatch.setattr(synapse_server, "Process", Process)
    with synapse(tmp_path, python=tmp_path / "python", durable=durable):
        pass
    assert seen == [not durable]
