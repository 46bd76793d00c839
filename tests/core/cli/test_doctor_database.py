"""What is wrong with the database, and what it tells of the installation, found by its id."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridgekit.cli.doctor.database import _file_system
from bridgekit.cli.options import load
from bridgekit.clock import SystemClock
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.ids import NetworkName, RemoteUserID, RoomID, UserID
from bridgekit.models import Ghost
from bridgekit.operating.starts import note_start
from bridgekit.store.changes import note
from bridgekit.store.migrations.schema import REVISIONS
from bridgekit.store.people import save_ghost
from bridgekit.store.sharing import unfit
from bridgekit.store.store import open_store
from bridgekit.store.words import save_room
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, Fill, Rows, registration, replace
from tests.core.cli.instead import answering, served
from tests.core.cli.seen import found

PING = "/_matrix/app/v1/ping"


async def nothing(_rows: Rows) -> None: ...


async def test_a_database_that_cannot_be_made_is_said(
    doctor: Doctor, connected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(connected, "sqlite:///bridgekit.db", "sqlite:///none/bridgekit.db")
    assert "Make the folder" in (await found(doctor, "--offline"))["db-folder"]["fix"]
    (tmp_path / "none").mkdir()
    monkeypatch.setattr("bridgekit.cli.doctor.database._may_write", lambda _path: False)
    one = (await found(doctor, "--offline"))["not-writable"]
    assert one["fix"] == f"sudo chown -R {os.getuid()} {tmp_path / 'none'}"


@pytest.mark.parametrize(
    ("kind", "id_"), [("nfs4", "sqlite-network-disk"), ("overlay", "db-no-volume")]
)
async def test_a_database_on_a_disk_that_is_not_for_it_is_said(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, kind: str, id_: str
) -> None:
    monkeypatch.setattr("bridgekit.cli.doctor.database._file_system", lambda _folder: kind)
    assert id_ in await found(doctor, "--offline")


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("o / overlay rw 0 0\nd /data ext4 rw 0 0\nn /data/far nfs4 rw 0 0\nbad\n")
    seen = [_file_system(Path(one), mounts) for one in ("/x", "/data/y", "/data/far/z")]
    assert seen == ["overlay", "ext4", "nfs4"]
    assert _file_system(Path("/x"), tmp_path / "none") == ""


async def test_a_database_of_another_time_is_said(
    doctor: Doctor, connected: Path, fill: Fill
) -> None:
    async def old(rows: Rows) -> None:
        await rows.portal("#a")
        mxid = UserID("@tower_bob:example.com")
        await rows.write(save_ghost(Ghost(NetworkName("tower"), RemoteUserID("bob"), mxid)))

    await asyncio.to_thread(fill, old)
    replace(connected, "tower:", "castle:")
    seen = await found(doctor, "--offline")
    assert "chats of tower" in seen["namespace-changed"]["text"]
    assert seen["server-name-changed"]["fix"] == "Write homeserver.domain: example.com again."


async def test_an_empty_database_of_a_bot_that_is_in_rooms_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    homeserver.load_registration(registration(connected))
    await homeserver.person("bridgebot").create_room()
    await asyncio.to_thread(fill, nothing)
    assert "in 1 room already" in (await found(doctor))["db-left-behind"]["text"]


async def test_a_room_that_the_bot_made_to_tell_somebody_something_is_known(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    homeserver.load_registration(registration(connected))
    room = RoomID(await homeserver.person("bridgebot").create_room())

    async def fill_it(rows: Rows) -> None:
        await rows.write(save_room(UserID("@alice:example.org"), room))

    await asyncio.to_thread(fill, fill_it)
    assert "db-left-behind" not in await found(doctor)


async def test_a_database_of_something_else_has_an_id(doctor: Doctor, connected: Path) -> None:
    (connected.parent / "bridgekit.db").write_text("something else, in any case not SQLite's\n")
    assert "db-unusable" in await found(doctor, "--offline")


async def test_a_configuration_that_was_changed_under_a_running_bridge_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, fill: Fill
) -> None:
    async def noted(rows: Rows) -> None:
        await rows.write(note(*happens.pop(0)))

    now = int(SystemClock().now().timestamp() * 1000)
    homeserver.load_registration(registration(connected))
    happens: list[Any] = [
        (1000, "start"),
        (now + 60_000, "reload", "waiting.memory"),
        (now + 90_000, "reload"),
    ]
    for words, fix in (
        ("was changed at", "bridgekit do reload"),
        ("waits for a restart: waiting.memory", "Restart the bridge."),
        ("", ""),
    ):
        await asyncio.to_thread(fill, noted)
        async with served(answering(PING, 200), connected, "bridge"):
            seen = await found(doctor)
        assert ("edited-copy" in seen) == bool(words)
        if words:
            assert words in seen["edited-copy"]["text"]
            assert fix in seen["edited-copy"]["fix"]


async def test_failed_messages_and_a_full_disk_are_said(
    doctor: Doctor, connected: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one(rows: Rows) -> None:
        await rows.fail(await rows.job(await rows.portal("#a"), "$bad"), "too loud")

    await asyncio.to_thread(fill, one)
    monkeypatch.setattr("bridgekit.cli.doctor.database._free", lambda _folder: 1 << 20)
    seen = await found(doctor, "--offline")
    assert "bridgekit queue" in seen["failed-messages"]["fix"]
    if isinstance(load(connected).database, SQLiteFile):
        assert "1 MB are free" in seen["disk-full"]["text"]


def made_by(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def test_the_homeservers_own_database_is_said(doctor: Doctor, connected: Path) -> None:
    made_by(connected.parent / "bridgekit.db", "CREATE TABLE state_groups_state (id INTEGER)")
    one = (await found(doctor, "--offline"))["hs-database"]
    assert one["fix"].startswith("Make one of its own: createdb")


@pytest.mark.parametrize(
    ("revision", "id_", "severity"),
    [("v9999", "schema-newer", "error"), (REVISIONS[0], "schema-older", "warning")],
)
async def test_a_database_of_another_release_is_said(
    doctor: Doctor, connected: Path, fill: Fill, revision: str, id_: str, severity: str
) -> None:
    await asyncio.to_thread(fill, nothing)
    where = load(connected).database
    if not isinstance(where, SQLiteFile):
        pytest.skip("a SQLite file is easily made older")
    made_by(where.path, f"UPDATE alembic_version SET version_num = '{revision}'")
    assert (await found(doctor, "--offline"))[id_]["severity"] == severity


async def test_a_database_that_another_bridge_has_is_said(
    doctor: Doctor, connected: Path, fill: Fill, empty_database: str
) -> None:
    await asyncio.to_thread(fill, nothing)
    assert "two-instances" not in await found(doctor, "--offline")
    async with open_store(empty_database, SystemClock()):
        one = (await found(doctor, "--offline"))["two-instances"]
    if isinstance(load(connected).database, SQLiteFile):
        assert one["fix"] == f"Stop that one: kill {os.getpid()}"
    else:
        assert "server process" in one["text"]
        assert one["fix"] == "Stop that one, wherever it runs."


def without_locks(path: Path) -> sqlite3.Connection:
    """As on a file system that has none."""
    name = f"file:{path}?vfs=unix-none"
    return sqlite3.connect(name, uri=True, isolation_level=None, timeout=0)


def of_a_copy(path: Path) -> sqlite3.Connection:
    """As where each of two machines sees a file of its own: what one writes the other misses."""
    path = path.with_name(f"{len(list(path.parent.glob('*.db')))}.db")
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("CREATE TABLE IF NOT EXISTS other (number INTEGER)")
    return connection


def test_whether_two_connections_keep_each_other_out_is_tried(tmp_path: Path) -> None:
    assert unfit(tmp_path) is None
    assert "its locks do not hold" in (unfit(tmp_path, of_a_copy) or "")
    assert "no memory that two programs share" in (unfit(tmp_path, without_locks) or "")
    assert not list(tmp_path.glob(".bridgekit-try-*")), "nothing stays"


async def test_a_disk_without_locks_is_said(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    why = unfit(tmp_path, without_locks)
    monkeypatch.setattr("bridgekit.cli.doctor.database.unfit", lambda _folder: why)
    one = (await found(doctor, "--offline"))["sqlite-locked"]
    assert one["fix"] == "Put it on a local disk, or use PostgreSQL."


async def test_a_disk_that_takes_no_files_is_said(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("bridgekit.cli.doctor.database.unfit", full)
    one = (await found(doctor, "--offline"))["not-writable"]
    assert one["text"].endswith("could not be written: Read-only file system.")


async def test_tokens_that_were_made_anew_since_the_last_good_start_are_said(
    doctor: Doctor, connected: Path, fill: Fill, homeserver: FakeHomeserver
) -> None:
    async def began(rows: Rows) -> None:
        await note_start(rows._store, load(connected), SystemClock())

    homeserver.load_registration(registration(connected))
    await asyncio.to_thread(fill, began)
    assert "auto-regenerated" not in await found(doctor)
    token, new = registration(connected)["as_token"], "made-anew-by-a-script-0123456789abcdef"
    for file in (connected, connected.with_name("registration.yaml")):
        replace(file, token, new)
    seen = await found(doctor)
    assert "appservice.as_token is another one than at the last" in seen["auto-regenerated"]["text"]
    assert seen["auto-regenerated"]["fix"].startswith("If nobody meant it, put the old token back")
    assert "not-restarted" in seen, "the homeserver has the old one"


async def test_tokens_that_are_being_rotated_are_no_mistake(
    doctor: Doctor, connected: Path, fill: Fill
) -> None:
    async def began(rows: Rows) -> None:
        await note_start(rows._store, load(connected), SystemClock())

    token, new = registration(connected)["as_token"], "the-next-one-0123456789abcdef0123456789"
    both = f'{token}"\n  as_token_next: "{new}'
    replace(connected, token, both)
    await asyncio.to_thread(fill, began)
    replace(connected, both, new)
    assert "auto-regenerated" not in await found(doctor, "--offline")
