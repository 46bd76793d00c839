"""Whoever breaks a rule in this adapter fails a named test of the contract, and for that reason."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

import mutants
import pytest

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from matrix_bridgekit_mqtt import MQTTAdapter, adapter
from matrix_bridgekit_mqtt.testing import broker_in_memory


class Mutant(NamedTuple):
    """`instead` takes the place of `part`; `test` then fails, saying `words` first."""

    part: str
    instead: Any
    test: str
    words: str


AT_LEAST = 15
_IN_ORDER = "what_people_say_is_seen_in_order_each_under_their_own_name"
_NOTHING_BEHIND = "a_cancelled_connection_leaves_nothing_behind"
_CLIENT, _CONNECT = "MQTTClient", "connected"
MUTANTS = (
    Mutant(
        _CLIENT,
        mutants.AcknowledgesFirst,
        "what_is_not_stored_is_not_acknowledged",
        "'not yet stored' is seen on Matrix",
    ),
    Mutant(
        _CLIENT,
        mutants.SwallowsErrors,
        "what_fails_to_be_stored_is_not_acknowledged",
        "'comes again' is seen on Matrix",
    ),
    Mutant(
        _CLIENT,
        mutants.SwallowsRetryLater,
        "what_cannot_be_stored_now_comes_again",
        "'comes again' is seen on Matrix",
    ),
    Mutant(_CLIENT, mutants.NeverAcknowledges, _IN_ORDER, "'three' is seen on Matrix"),
    Mutant(
        _CLIENT,
        mutants.StoresAgain,
        "what_comes_twice_is_seen_once",
        "there is ['only once', 'only once', 'after it']",
    ),
    Mutant(
        _CLIENT,
        mutants.DropsTheNumber,
        "what_comes_twice_is_seen_once",
        "there is ['only once', 'only once', 'after it']",
    ),
    Mutant(
        _CLIENT,
        mutants.RaisesWhereItUnderstandsNothing,
        "what_cannot_be_understood_is_set_aside",
        "'after it' is seen on Matrix",
    ),
    Mutant(_CLIENT, mutants.DropsTheRest, _IN_ORDER, "'three' is seen on Matrix"),
    Mutant(
        _CLIENT,
        mutants.NeverNoticesTheEnd,
        "after_a_broken_connection_both_sides_speak_on",
        "the connection is made anew",
    ),
    Mutant(
        _CLIENT,
        mutants.SaysThatItLosesWhatItKeeps,
        "where_nothing_is_lost_nobody_is_told_of_losses",
        "Nothing is missing, and the room is told",
    ),
    Mutant(
        _CLIENT,
        mutants.SwallowsLostAnswers,
        "a_message_lost_on_the_way_is_sent_again_or_told",
        "It is lost, and its sender is not told",
    ),
    Mutant(
        _CLIENT,
        mutants.SwallowsRefusals,
        "what_the_network_refuses_its_sender_is_told",
        "Alice is told that her message was refused",
    ),
    Mutant(
        _CLIENT,
        mutants.IsSureOfTooMuch,
        "a_lost_answer_never_doubles_a_message",
        "The network has it 2 times",
    ),
    Mutant(
        _CLIENT,
        mutants.SendsTwice,
        "what_is_said_on_matrix_is_heard_once_and_in_order",
        "has heard ['word-0', 'word-0', 'word-1'",
    ),
    Mutant(_CLIENT, mutants.NeverEnters, _IN_ORDER, "'is anybody there? 1' is seen on Matrix"),
    Mutant(_CLIENT, mutants.AnswersNothing, _IN_ORDER, "What `send` returned is to be `Sent`"),
    Mutant(_CLIENT, mutants.AnswersWithANumber, _IN_ORDER, "`Sent.ids[0]` is to be `str`"),
    Mutant(_CLIENT, mutants.NeverEnds, _IN_ORDER, ", in run is cancelled and goes on"),
    Mutant(
        "to_event",
        mutants.writes_text_alone,
        _IN_ORDER,
        "`RemoteEvent.content.text` is to be a `RichText`",
    ),
    Mutant("MQTTAdapter", mutants.CannotBeEntered, _IN_ORDER, "a connect that nobody can enter"),
    Mutant("to_event", mutants.knows_one_person, _IN_ORDER, "Bob spoke as @net_somebody"),
    Mutant(
        "to_event",
        mutants.cuts_text,
        "a_long_text_from_the_network_is_seen_whole",
        "(2996 characters)' is seen on Matrix",
    ),
    Mutant(
        "to_event",
        mutants.speaks_latin_to_matrix,
        "unusual_text_from_the_network_is_seen_unchanged",
        "' is seen on Matrix",
    ),
    Mutant(
        "to_publication",
        mutants.speaks_latin_to_devices,
        "unusual_text_from_matrix_is_heard_unchanged",
        "' is heard on the network",
    ),
    Mutant(
        "MQTTAdapter",
        mutants.HidesRefusedLogins,
        "a_refused_login_is_a_login_error",
        "`connect` raised ConnectionError: ",
    ),
    Mutant(_CONNECT, mutants.leaks_tasks, _NOTHING_BEHIND, "there were left: the task sleep"),
    Mutant(_CONNECT, mutants.leaks_sockets, _NOTHING_BEHIND, "there were left: a socket"),
)


class OnMutant(AdapterContract):
    def __init__(self) -> None:
        self.adapter = adapter.MQTTAdapter  # type: ignore[misc]  # of this one only

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return broker_in_memory()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    for left in mutants.LEFT:
        if isinstance(left, socket.socket):
            left.close()
    mutants.LEFT.clear()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.instead.__name__)
def test_whoever_breaks_a_rule_fails_the_test_of_that_rule(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, mutant.part, mutant.instead)
    with pytest.raises(AssertionError, match=f"^[^\n]*{re.escape(mutant.words)}"):
        getattr(OnMutant(), f"test_{mutant.test}")()


@pytest.mark.parametrize(
    ("instead", "words"),
    [(mutants.AcknowledgesFirst, "lost: matrix"), (mutants.DropsTheNumber, "doubled: matrix")],
)
def test_the_crashes_notice_it_too(
    instead: Any, words: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(adapter, _CLIENT, instead)
    monkeypatch.setattr(OnMutant, "crashes", 1.0)  # a part of them may miss what shows at one
    with pytest.raises(AssertionError, match=words):
        OnMutant().test_a_crash_at_any_await_changes_no_end(request)


@pytest.mark.parametrize("test", sorted({mutant.test for mutant in MUTANTS}))
def test_whoever_breaks_none_passes_it(test: str) -> None:
    assert OnMutant().adapter is MQTTAdapter
    getattr(OnMutant(), f"test_{test}")()


def test_each_fault_is_another() -> None:
    distinct = {mutant.instead for mutant in MUTANTS}
    assert len(distinct) == len(MUTANTS) >= AT_LEAST
