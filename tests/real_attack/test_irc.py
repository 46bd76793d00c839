"""What judges the attack between Synapse and IRC, fed with a bridge that breaks promises."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.real_attack.irc import UNDER_WAY, compare
from tests.real_attack.irc_talk import OnIRC, Talk
from tests.real_attack.report import Report
from tests.real_attack.synapse import NOTING

ONE = "#one"
SAID = [f"alice {ONE} {number}" for number in range(6)]


@pytest.fixture
def talk(tmp_path) -> Talk:
    """Alice has said something, each event named after its place; nothing has happened to it."""
    workdir = tmp_path / "synapse"
    workdir.mkdir()
    with closing(sqlite3.connect(workdir / "homeserver.db")) as database:
        database.execute("CREATE TABLE application_services_txns (event_ids TEXT)")
        database.execute("CREATE TABLE application_services_state (state TEXT)")
        database.execute("INSERT INTO application_services_state VALUES (NULL)")
        database.executescript(NOTING)
    talk = Talk(None, tmp_path, None, None, OnIRC(), {})
    talk.by_alice[ONE] = list(SAID)
    talk.bodies = {f"${number}": text for number, text in enumerate(SAID)}
    return talk


def keeps(talk: Talk, *places: int) -> None:
    with closing(sqlite3.connect(talk.pushes.database)) as database, database:
        names = json.dumps([f"${place}" for place in places])
        database.execute("INSERT INTO application_services_txns VALUES (?)", (names,))


def pushes(talk: Talk, *places: int) -> None:
    """As Synapse does: what is about to be pushed is kept until it is."""
    keeps(talk, *places)
    with closing(sqlite3.connect(talk.pushes.database)) as database, database:
        database.execute("DELETE FROM application_services_txns")


def judged(talk: Talk, *heard: int) -> Report:
    talk.irc.heard[ONE] = [SAID[place] for place in heard]
    report = Report("judged")
    compare(report, talk, kills=1)
    return report


def test_what_was_pushed_and_heard_in_the_order_of_alice_holds(talk):
    pushes(talk, 0, 1, 2)
    pushes(talk, 3, 4, 5)
    assert judged(talk, 0, 1, 2, 3, 4, 5).holds


def test_an_order_of_the_bridge_s_own_is_found_whatever_its_database_says(talk):
    pushes(talk, 0, 1, 2)
    pushes(talk, 3, 4, 5)
    assert judged(talk, 3, 4, 5, 0, 1, 2).disordered == 1


def test_what_synapse_itself_sends_late_is_no_disorder_of_the_bridge_s(talk):
    pushes(talk, 0, 1)
    pushes(talk, 4, 5)
    pushes(talk, 2, 3)
    report = Report("judged")
    talk.irc.heard[ONE] = [SAID[place] for place in (0, 1, 4, 5, 2, 3)]
    assert compare(report, talk, kills=1) == 2
    assert report.holds


def test_what_was_acknowledged_and_not_heard_is_lost(talk):
    pushes(talk, 0, 1, 2, 3, 4, 5)
    assert judged(talk, 0, 1, 2, 3, 5).lost == 1


def test_what_synapse_has_not_noted_yet_and_was_heard_is_pushed(talk):
    pushes(talk, 0, 1, 2, 3)
    keeps(talk, 4, 5)
    assert judged(talk, 0, 1, 2, 3, 4, 5).holds


def test_what_was_never_taken_is_lost(talk):
    pushes(talk, 0, 1, 2, 3)
    keeps(talk, 4, 5)
    assert judged(talk, 0, 1, 2, 3).lost == 2


async def test_at_the_end_synapse_pushes_what_it_has_kept_back(talk, monkeypatch):
    states = iter([None, "up", "down"])  # the bridge is killed: it notices at the third look

    async def says(_: Talk, channel: str, count: int) -> None:
        assert (channel, count) == (ONE, 1)
        with closing(sqlite3.connect(talk.pushes.database)) as database, database:
            database.execute("UPDATE application_services_state SET state = ?", (next(states),))

    monkeypatch.setattr(Talk, "alice_says", says)
    await talk.found_away()
    assert not [*states]


@pytest.mark.parametrize(("told", "holds"), [(2, True), (1, False)])
def test_each_gap_with_a_word_behind_it_has_to_be_told(talk, told, holds):
    pushes(talk, 0, 1, 2, 3, 4, 5)
    for stored in (2, 4, 4):  # nothing was said between the last two kills
        talk.by_rosa[ONE] = [f"rosa {ONE} {number}" for number in range(stored + 2)]
        talk.gaps.cut(talk.by_rosa, {ONE: stored})
    talk.by_rosa[ONE].append("rosa #one 4")
    talk.shown[ONE] = list(talk.by_rosa[ONE])
    talk.gaps.told[ONE] = told
    report = judged(talk, 0, 1, 2, 3, 4, 5)
    assert report.holds is holds, report
    assert ("#one has 2 gaps, and its room was told of 1" in report.broken) is not holds


@pytest.mark.parametrize("who", [("mallory", "@irc_rosa:localhost"), ("alice", "@irc_bob:a")])
def test_somebody_else_s_name_at_what_was_said_is_found(talk, who):
    pushes(talk, 0, 1, 2, 3, 4, 5)
    talk.irc.who, talk.who = {who[0]}, {who[1]}
    assert "said as [" in str(judged(talk, 0, 1, 2, 3, 4, 5))


@pytest.mark.parametrize(("unheard", "holds"), [(UNDER_WAY, True), (UNDER_WAY + 1, False)])
def test_more_lines_than_can_be_under_way_at_a_kill_are_found(talk, unheard, holds):
    pushes(talk, 0, 1, 2, 3, 4, 5)
    talk.gaps.unheard = unheard
    assert judged(talk, 0, 1, 2, 3, 4, 5).holds is holds


async def test_what_nobody_could_hear_is_not_taken_for_what_has_arrived(talk):
    talk.by_rosa[ONE] = ["rosa #one 0", "rosa #one 1"]
    talk.gaps.cut(talk.by_rosa, {ONE: 1})
    assert talk.waiting == len(SAID) + 1
