"""What the homeserver has stored and does not send is asked for, and comes in its order."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.matrix.counting import ALARMS, FROM_1, MOST, KeptBack, Numbers
from bridgekit.matrix.inbox import Inbox
from tests.core.inboxes import Ledger, Sorter, body, event

ALIAS = "#loop_#room:example.org"


async def test_what_is_kept_back_arrives_before_what_was_said_after_it(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await alice.say(room, "one")
    await rig.network.wait(lambda: rig.network.texts() == ["one"])
    await rig.hs.pushed()
    rig.hs.keep_back()
    await alice.say(room, "two")
    await rig.hs.wait_for(lambda: rig.hs.kept_back, "a push to be kept back")
    await alice.say(room, "three")
    await rig.hs.pushed()
    await rig.network.wait(lambda: rig.network.texts() == ["one", "two", "three"])
    await rig.stop()


async def test_rule_01_old_ones_that_come_again_do_not_make_new_ones_look_early():
    ledger = Ledger()
    inbox = Inbox(ledger, Sorter(), SystemClock())
    for number in (*range(1, 11), 3, 9, 5, 11):
        await inbox.accept(str(number), *body(event(f"$in {number}")))
    with pytest.raises(KeptBack):
        await inbox.accept("13", *body(event("$in 13")))
    assert len(ledger.bodies) == 11


def taken(numbers: Numbers, *txns: str | int, events: bool = True) -> list[bool]:
    """Whether each was, as they came one after the other."""
    found = []
    for txn in map(str, txns):
        found.append(not (events and numbers.early(txn)))
        if found[-1]:
            numbers.took(txn, events=events)
    return found


def test_the_first_transaction_of_a_process_is_taken_whatever_it_is_called():
    assert taken(Numbers(), 57, 58) == [True, True]


def test_what_comes_after_a_missing_one_is_refused_once():
    numbers = Numbers()
    assert taken(numbers, 1, 3, 3, 4) == [True, False, True, True]


def test_it_is_refused_each_time_as_long_as_something_is_found():
    numbers = Numbers()
    for start in range(0, 10 * ALARMS, 3):
        assert taken(numbers, start, start + 2, start + 1, start + 2) == [True, False, True, True]


def test_where_another_one_counts_it_is_refused_no_more():
    numbers = Numbers()
    assert taken(numbers, 0) == [True]
    for number in range(2, 2 + 2 * ALARMS, 2):
        assert taken(numbers, number, number) == [False, True]
    assert taken(numbers, 100, 102, 104) == [True, True, True]


@pytest.mark.parametrize(
    "follows",
    [1, 2, 3 + MOST, "1", "3a", "\u0663", "", "9" * 5000],
    ids=["the same", "the next", "far away", "text", "no number", "of Arabic", "none", "long"],
)
def test_what_says_nothing_about_others_is_taken(follows):
    assert taken(Numbers(), 1, follows) == [True, True]


def test_a_count_that_begins_anew_is_taken():
    assert taken(Numbers(), 40, 41, 1, 2, 3) == [True] * 5


def test_one_without_events_leaves_the_question_to_the_next():
    numbers = Numbers()
    assert taken(numbers, 1) == [True]
    assert taken(numbers, 2, 4, events=False) == [True, True]
    assert taken(numbers, 5, 3, 5) == [False, True, True]


async def test_rule_01_a_homeserver_that_begins_at_1_again_is_no_warning():
    """Synapse on SQLite, restarted; the first of a count may be another bridge's."""
    ledger = Ledger()
    inbox = Inbox(ledger, Sorter(), SystemClock())
    with capture_logs() as logs:
        for restart in range(3):
            for txn in range(3, 8):
                await inbox.accept(str(txn), *body(event(f"${txn} of {restart}")))
    assert len(ledger.bodies) == 15
    assert [(one["log_level"], one["txn"]) for one in logs] == [("info", "3")]
    assert logs[0]["event"] == FROM_1


async def test_rule_01_a_count_that_goes_on_is_not_held_against_the_one_before():
    """The bridge is restarted too, later."""
    ledger = Ledger()
    ledger.earlier = {str(txn): "of a count before" for txn in range(301, 500)}
    ledger.earlier |= {"a name": "of anything"} | {str(txn): "of this" for txn in range(1, 301)}
    inbox = Inbox(ledger, Sorter(), SystemClock())
    await inbox.recall()
    with capture_logs() as logs:
        for txn in range(301, 310):
            await inbox.accept(str(txn), *body(event(f"${txn}")))
        assert logs == []
        await inbox.accept("300", *body(event("$new")))
    assert "restored or replaced" in logs[0]["event"]
