"""Whoever changes their name on Matrix has the new one where logins are named after people."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected, RetryLater
from bridgekit.login.renaming import SETTLED, TRIES
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.matrix.api import Refused
from tests.core.logins.renaming_stage import ALICE, HERE, THERE, at_work


@pytest.fixture
async def stage():
    async with at_work() as stage:
        yield stage


async def test_a_new_name_is_told_once_however_many_rooms_it_shows_in(stage):
    stage.everywhere = {"displayname": "Alicia \n the\x00 2nd"}
    stage.shows("Alicia", HERE, THERE)
    await stage.passes()
    assert stage.adapter.names == [("net-alice", "Alicia the 2nd", "alice")]
    assert stage.asked == [ALICE]
    stage.shows("Alicia", HERE, THERE)
    await stage.passes()
    assert len(stage.adapter.names) == 1


async def test_of_names_that_follow_one_another_the_last_is_told(stage):
    for name in ("A", "Al", "Ali"):
        stage.everywhere = {"displayname": name}
        stage.shows(name)
    await stage.passes()
    assert stage.called == ["Ali"]


async def test_a_name_in_one_room_is_nobodys_name_elsewhere(stage):
    stage.shows("Boss", THERE)
    await stage.passes()
    assert stage.called == ["Alice"]


async def test_who_has_no_name_is_called_by_their_id(stage):
    stage.everywhere = {}
    stage.shows(None)
    await stage.passes()
    assert stage.called == ["alice"]


@pytest.mark.parametrize("hidden", [None, Refused("no", "M_FORBIDDEN", 403)])
async def test_where_nobody_tells_their_name_nothing_changes(stage, hidden):
    stage.everywhere = hidden
    stage.shows("Alicia")
    await stage.passes(SETTLED * 3)
    assert (stage.called, stage.asked) == ([], [ALICE])


@pytest.mark.parametrize("kind", [LoginKind.SIGNED_IN, LoginKind.LEAVING])
async def test_only_automatic_logins_are_named_after_people(stage, kind):
    stage.row = LoginRow("net-alice", "net", ALICE, kind=kind)
    stage.shows("Alicia")
    await stage.passes()
    assert (stage.called, stage.asked) == ([], [])


async def test_ghosts_and_people_without_a_login_are_nobodys_business(stage):
    stage.shows("Ghost", user="@net_ghost:example.org")
    stage.shows("Bob", user="@bob:example.org")
    await stage.passes()
    assert (stage.called, stage.asked) == ([], [])


async def test_who_is_idle_is_renamed_and_stays_idle(stage):
    stage.known = None
    stage.shows("Alicia")
    await stage.passes()
    assert stage.called == ["Alice"]


async def test_who_is_about_to_connect_is_looked_up_once_they_have_however_long_that_takes(stage):
    stage.connecting = True
    stage.shows("Alicia")
    await stage.passes()
    await stage.passes(24 * 3600)
    assert (stage.called, stage.asked) == ([], [])
    stage.connecting = False
    stage.renaming.connected("net", stage.row.id)
    await stage.passes()
    assert stage.called == ["Alice"]
    stage.renaming.connected("net", stage.row.id)  # again, and nothing was heard of them since
    await stage.passes()
    assert stage.asked == [ALICE]


async def test_who_was_looked_up_before_is_so_again_if_they_connect_meanwhile(stage):
    stage.shows("Alice")
    await stage.passes()
    stage.connecting, stage.everywhere = True, {"displayname": "Alicia"}
    stage.shows("Alicia")
    await stage.passes()
    assert stage.called == ["Alice"]
    stage.connecting = False
    stage.renaming.connected("net", stage.row.id)
    await stage.passes()
    assert stage.called == ["Alice", "Alicia"]


async def test_who_begins_to_connect_while_their_homeserver_is_asked_is_told_of_afterwards(stage):
    answering = stage._profile

    async def begins(user):
        stage.connecting = True
        return await answering(user)

    stage.intents.profile = begins
    stage.shows("Alicia")
    await stage.passes()
    assert stage.called == []
    stage.connecting = False
    stage.intents.profile = answering
    stage.renaming.connected("net", stage.row.id)
    await stage.passes()
    assert stage.called == ["Alice"]


@pytest.mark.parametrize("kind", [LoginKind.SIGNED_IN, LoginKind.CONFIGURED])
async def test_who_is_not_named_after_themselves_is_not_looked_up_as_they_connect(stage, kind):
    stage.row = LoginRow("net-alice", "net", ALICE, kind=kind)
    for login in (stage.row.id, "nobody's"):
        stage.renaming.connected("net", login)
    await stage.passes()
    assert stage.asked == []


async def test_a_homeserver_that_does_not_answer_is_asked_again_and_not_for_ever(stage):
    stage.everywhere = RetryLater("away")
    stage.shows("Alicia")
    for _ in range(TRIES + 3):
        await stage.passes()
    assert len(stage.asked) == TRIES
    stage.everywhere = {"displayname": "Alicia"}
    stage.shows("Alicia!")
    await stage.passes()
    assert stage.called == ["Alicia"]


@pytest.mark.parametrize(
    ("error", "why"),
    [(Rejected("somebody else has it"), "somebody else has it"), (KeyError("x"), "KeyError")],
)
async def test_what_an_adapter_cannot_do_is_shown_to_the_operator_and_not_tried_again(
    stage, error, why
):
    stage.adapter.fails = error
    stage.shows("Alicia")
    await stage.passes(SETTLED * 5)
    assert len(stage.called) == 1
    rows = [row for noted in stage.noted for _, values in noted.changes for row in values]
    assert [(row["what"], row["detail"]) for row in rows] == [
        ("login net-alice keeps its name", why)
    ]
    stage.adapter.fails = None
    stage.shows("Alison")
    await stage.passes()
    assert len(stage.called) == 2
