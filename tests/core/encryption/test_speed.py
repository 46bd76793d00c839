"""What a message in an encrypted room costs: one commit, and no question."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit.ids import TransactionID
from bridgekit.store.reader import Reader
from tests.core.encryption.far_side import ROOM


async def _sealed(side: Any, txn: str, body: str = "x") -> Any:
    content = {"msgtype": "m.text", "body": body}
    return await side.sealed(ROOM, "m.room.message", content, TransactionID(txn))


async def test_a_message_in_a_room_that_is_known_asks_the_store_nothing(
    begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with begun() as side:
        await _sealed(side, "first")

        async def asked(*_: Any) -> Any:
            raise AssertionError("the store was asked")

        monkeypatch.setattr(Reader, "all", asked)
        for number in range(3):
            await _sealed(side, f"txn{number}")


async def test_of_one_transaction_id_there_is_one_ciphertext(begun, far) -> None:
    async with begun() as side:
        found = [await _sealed(side, txn) for txn in ("one", "two", "one")]
        assert found[2] == found[0] != found[1]
    async with begun() as side:
        assert await _sealed(side, "two") == found[1]
        assert await _sealed(side, "three") not in found
        places = [far.alice_reads((await _sealed(side, txn))[1])[1] for txn in ("one", "two")]
        assert places == [0, 1]
