"""A ghost in whose name nothing is taken for devices, while others get no answer."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from bridgekit.encryption import sharing
from bridgekit.errors import RetryLater
from bridgekit.ids import TransactionID
from bridgekit.matrix.api import Refused
from tests.core.encryption.far_side import ROOM, FarSide
from tests.core.encryption.test_ghost_devices import BOB, EVE, say, words


async def test_what_it_says_is_read_also_if_the_next_request_is_not_answered(
    begun, far: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is forgotten then, in the database and in memory: nobody has it."""
    numbers, send = count(), far.send
    monkeypatch.setattr(sharing.secrets, "token_hex", lambda _: f"{next(numbers):03}")
    answers: dict[str, list[Exception]] = {
        EVE: [RetryLater("No answer", after=0.0), Refused("No", "M_FORBIDDEN", 403)],
        BOB: [RetryLater("No answer", after=0.0)],
    }

    async def answered(kind: str, messages: Any, txn: str, ghost: str = "") -> None:
        if left := answers.get(ghost):
            raise left.pop(0)
        await send(kind, messages, txn, ghost)

    monkeypatch.setattr(far, "send", answered)
    async with begun() as side:
        for user in (EVE, BOB):  # hers is in front of his, in one flush
            with suppress(RetryLater):
                await side.sealed(ROOM, "m.room.message", {"body": user}, TransactionID(user), user)
        assert answers == {EVE: [], BOB: []}
        await say(side, far, EVE, "one")
        await say(side, far, BOB, "two")
        assert words(far) == ["one", "two"]
