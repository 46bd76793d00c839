"""What is sealed is found to be sealed anew, each text of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bridgekit.ids import RoomID, UserID
from bridgekit.store import sealed
from bridgekit.store.encryption import ReadingKey, save_reading_key
from bridgekit.store.sealed import not_sealed_with, reseal
from bridgekit.store.sql import Rows


async def test_keys_of_one_session_are_sealed_anew_each(store, monkeypatch) -> None:
    """Also where as many as are read at once end among them."""
    monkeypatch.setattr(sealed, "PAGE", 2)
    keys = [
        ReadingKey("session", RoomID("!r"), UserID(f"@{name}:x"), "c", f"old {name}", ours=False)
        for name in "abcde"
    ]
    await store.writer.write(Rows(*(save_reading_key(one, 1) for one in keys)))
    found = [one async for one in not_sealed_with(store.reader, "new")]
    assert sorted(one.text for one in found) == [one.keys for one in keys]
    assert {one.place for one in found} == {"reading key:session"}
    for one in found:
        await store.writer.write(reseal(one, one.text.replace("old", "new")))
    rows = await store.reader.all(text('SELECT sender, "keys" FROM reading_key ORDER BY sender'))
    assert [(row.sender, row.keys) for row in rows] == [(f"@{n}:x", f"new {n}") for n in "abcde"]
    with pytest.raises(StopAsyncIteration):
        await anext(not_sealed_with(store.reader, "new"))
