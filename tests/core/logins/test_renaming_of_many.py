"""Of many people whose names are looked at, no one holds up the others, and none is forgotten."""

from __future__ import annotations

import pytest

from bridgekit.login import renaming
from bridgekit.login.renaming import ASKED, AT_ONCE, PATIENCE
from tests.core.logins.renaming_stage import at_work


@pytest.fixture
async def stage():
    async with at_work() as stage:
        yield stage


async def test_of_too_many_names_the_oldest_are_looked_up_when_their_logins_connect(monkeypatch):
    monkeypatch.setattr(renaming, "KEPT", 3)
    async with at_work() as stage:
        stage.shows("Alicia")
        for number in range(3):
            stage.shows("B", user=f"@b{number}:example.org")
        await stage.passes()
        assert stage.called == []
        stage.renaming.connected("net", stage.row.id)
        await stage.passes()
        assert stage.called == ["Alice"]


async def test_who_is_asked_for_at_a_homeserver_that_is_gone_holds_up_nobody_else(stage):
    gone = [f"@g{number}:gone.example" for number in range(5 * AT_ONCE)]
    stage.joined_by(*gone)
    stage.dead = {"gone.example"}
    for user in gone:
        stage.shows("G", user=user)
    stage.shows("Alicia")
    await stage.passes()
    assert len(stage.asked) == AT_ONCE
    await stage.passes(ASKED)
    assert stage.called == ["Alice"]
    assert len(stage.asked) == AT_ONCE + 1, "the rest of them were not asked for as well"
    stage.dead = set()
    await stage.passes()
    assert len(stage.called) == 1 + len(gone), "they are when it is back"


async def test_a_network_that_does_not_answer_is_not_waited_for_once_for_each(stage):
    others = [f"@o{number}:example.org" for number in range(5 * AT_ONCE)]
    stage.joined_by(*others)
    stage.adapter.stuck.clear()
    for user in others:
        stage.shows("O", user=user)
    await stage.passes()
    await stage.passes(PATIENCE)
    assert len(stage.called) == AT_ONCE
    stage.adapter.stuck.set()
    await stage.passes()
    assert len(stage.called) == len(others)
