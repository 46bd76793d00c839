"""Somebody whose homeserver does not answer keeps nobody else's device reading."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit.ids import TransactionID, UserID
from tests.core.encryption.far_side import ALICE, DEVICE, ROOM, FarSide

CAROL = UserID("@carol:away.example")


class Shown:
    """Alice's devices, as the homeserver shows them; carol's shows nothing."""

    def __init__(self, far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
        self.devices: dict[str, Any] = {DEVICE: far.keys.public()}
        self.meanwhile: list[Any] = []
        ask = far.query
        far.readers_now.add(CAROL)

        async def query(users: Any) -> Any:
            answer = await ask(users)
            answer["device_keys"].pop(CAROL, None)
            if ALICE in users:
                answer["device_keys"][ALICE] = dict(self.devices)
            for happens in self.meanwhile:
                happens()
            return {**answer, "failures": {"away.example": {"status": 503}}}

        monkeypatch.setattr(far, "query", query)


@pytest.fixture
def shown(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> Shown:
    return Shown(far, monkeypatch)


async def say(side: Any, word: str) -> str:
    """By which session it is said."""
    found = await side.sealed(ROOM, "m.room.message", {"body": word}, TransactionID(word))
    return str(found[1]["session_id"])


def changed(side: Any, user: UserID) -> None:
    side.peers.changed([user])
    side._envelopes.devices_changed([user])


async def test_a_device_that_was_deleted_reads_no_more_though_another_homeserver_is_away(
    begun, far: FarSide, shown: Shown
) -> None:
    async with begun() as side:
        assert await say(side, "one") in far.keys.sessions
        shown.devices.clear()
        changed(side, ALICE)
        assert await say(side, "two") not in far.keys.sessions


async def test_nor_does_it_while_the_devices_of_others_change(
    begun, far: FarSide, shown: Shown
) -> None:
    async with begun() as side:
        assert await say(side, "one") in far.keys.sessions
        shown.devices.clear()
        changed(side, ALICE)
        shown.meanwhile.append(lambda: side.peers.changed(["@somebody:example.org"]))
        assert await say(side, "two") not in far.keys.sessions


@pytest.mark.parametrize("all_of_them", [True, False])
async def test_of_whom_changes_while_they_are_asked_for_nothing_is_believed(
    begun, shown: Shown, *, all_of_them: bool
) -> None:
    async with begun() as side:
        happens = side.peers.forget if all_of_them else lambda: side.peers.changed([ALICE])
        shown.meanwhile.append(happens)
        assert (await side.peers.of([ALICE]))[1] == {ALICE}
        shown.meanwhile.clear()
        shown.devices.clear()
        assert await side.peers.of([ALICE]) == ([], set()), "it asks again"


@pytest.mark.usefixtures("shown")
async def test_whose_homeserver_is_away_keeps_the_key_that_they_have(begun, far: FarSide) -> None:
    async with begun() as side:
        session = await say(side, "one")
        with pytest.MonkeyPatch.context() as away:

            async def query(_: Any) -> Any:
                return {"device_keys": {}, "failures": {"example.org": {}, "away.example": {}}}

            away.setattr(far, "query", query)
            changed(side, ALICE)
            assert await say(side, "two") == session
