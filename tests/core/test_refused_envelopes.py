"""What a room refuses is sealed anew by whoever says it instead; what is never sealed is not."""

from __future__ import annotations

import pytest

from bridgekit.ids import RoomID, TransactionID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents

ROOM, TXN = RoomID("!room:example.org"), TransactionID("t")


class Closed:
    """A homeserver that lets nobody speak."""

    async def call(self, *_: object, **__: object) -> dict[str, object]:
        raise Refused("You may not", "M_FORBIDDEN", 403)


class Sealing:
    def __init__(self) -> None:
        self.gone: list[tuple[RoomID, TransactionID]] = []

    async def sealed(self, _room, kind, content, *_):
        return ("m.room.encrypted", {}) if kind == "m.room.message" else (kind, content)

    async def unsent(self, room, txn) -> None:
        self.gone.append((room, txn))


@pytest.mark.parametrize(
    ("kind", "gone"), [("m.room.message", [(ROOM, TXN)]), ("m.reaction", [])], ids=["sealed", "not"]
)
async def test_what_is_refused_is_forgotten_if_it_was_sealed(kind, gone):
    intents = Intents(Closed(), UserID("@bot:example.org"))
    intents.envelopes = sealing = Sealing()
    with pytest.raises(Refused):
        await intents.send(None, ROOM, kind, {}, TXN)
    assert sealing.gone == gone
