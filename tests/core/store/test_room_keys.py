"""The keys of rooms: one for each who speaks, also after the upgrade from when there was one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from bridgekit.ids import RoomID
from bridgekit.store import migrations
from bridgekit.store.encryption import EncryptionRows, RoomKey, forget_room_key, save_room_key
from bridgekit.store.sql import Rows
from bridgekit.store.store import open_store
from tests.core.store.conftest import inside
from tests.core.store.test_migrations import differences

ROOM, BOB = RoomID("!r"), "@net_bob:x"


def former(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "0006")
    for statement in (
        "INSERT INTO meta VALUES ('made_by', 'bridgekit'), ('instance', 'i')",
        "INSERT INTO room_key VALUES ('!r', 's1', 'sealed 1', 7, 1)",
        "INSERT INTO to_device VALUES ('t1', '!r', '{}')",
    ):
        connection.execute(text(statement))


async def test_what_was_a_room_s_is_the_bot_s_after_the_upgrade(empty_database, clock) -> None:
    await inside(empty_database, former)
    async with open_store(empty_database, clock) as store:
        rows = EncryptionRows(store.reader)
        assert await rows.room_key(ROOM) == RoomKey("s1", "sealed 1", 7, 1)
        assert await rows.room_key(ROOM, BOB) is None
        assert await rows.to_device(ROOM) == [("t1", "", "{}")]
    assert await inside(empty_database, differences) == []


async def test_each_who_speaks_has_a_key_there(store) -> None:
    rows, keys = EncryptionRows(store.reader), (RoomKey("s1", "k", 0, 1), RoomKey("s2", "k", 3, 2))
    both = [save_room_key(ROOM, who, key) for who, key in zip(("", BOB), keys, strict=True)]
    await store.writer.write(Rows(*both))
    assert (await rows.room_key(ROOM), await rows.room_key(ROOM, BOB)) == keys
    await store.writer.write(Rows(forget_room_key(ROOM, BOB)))
    assert (await rows.room_key(ROOM), await rows.room_key(ROOM, BOB)) == (keys[0], None)
