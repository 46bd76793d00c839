"""The contract notices: whatever rule an adapter breaks, a named test of it fails."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridgekit.supports import SupportsHistory
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.keeping import Listening
from tests.contract import mutants


@dataclass(frozen=True, slots=True)
class Mutant:
    """Most networks heal what an adapter loses, if they have a history: these have none.

    `test` is the one that must fail; `network` is what the far side can do."""

    what: type
    test: str
    network: Mapping[str, Any] = field(default_factory=lambda: {"idempotent": True})


_SEEN_IN_ORDER = "what_people_say_is_seen_in_order_each_under_their_own_name"

MUTANTS = (
    Mutant(mutants.AcknowledgesFirst, "what_is_not_stored_is_not_acknowledged"),
    Mutant(mutants.AcknowledgesFirst, "a_crash_at_any_await_changes_no_end"),
    Mutant(mutants.AcknowledgesAsItEnds, "what_is_not_stored_is_not_acknowledged"),
    Mutant(mutants.AcknowledgesWhatever, "what_fails_to_be_stored_is_not_acknowledged"),
    Mutant(mutants.TakesRetryLaterForDone, "what_cannot_be_stored_now_comes_again"),
    Mutant(mutants.TellsTheLatestFirst, _SEEN_IN_ORDER),
    Mutant(mutants.NeverNoticesTheEnd, "after_a_broken_connection_both_sides_speak_on"),
    Mutant(mutants.NamesNoDelivery, "what_comes_twice_is_seen_once"),
    Mutant(mutants.KnowsOnePerson, _SEEN_IN_ORDER),
    Mutant(mutants.ForgetsWhoseEcho, "what_we_said_ourselves_does_not_come_back"),
    Mutant(mutants.CutsText, "a_long_text_from_the_network_is_seen_whole"),
    Mutant(mutants.IgnoresEdits, "an_edit_is_seen"),
    Mutant(mutants.IgnoresDeletions, "a_deletion_is_seen"),
    Mutant(mutants.ForgetsTheTransaction, "a_lost_answer_never_doubles_a_message"),
    Mutant(mutants.IsSureOfTooMuch, "a_lost_answer_never_doubles_a_message", {}),
    Mutant(mutants.SwallowsRefusals, "what_the_network_refuses_its_sender_is_told"),
    Mutant(mutants.SwallowsErrors, "a_message_lost_on_the_way_is_sent_again_or_told"),
    Mutant(mutants.SwallowsErrors, "a_message_lost_on_the_way_is_sent_again_or_told", {}),
    Mutant(mutants.ForgetsThePause, "a_pause_that_the_network_asks_for_is_kept"),
    Mutant(mutants.SpeaksLatin, "unusual_text_from_matrix_is_heard_unchanged"),
    Mutant(mutants.EditsNothing, "an_edit_is_heard"),
    Mutant(mutants.OnlyAddsReactions, "a_reaction_and_its_removal_are_heard"),
    Mutant(mutants.HidesRefusals, "a_refused_login_is_a_login_error"),
    Mutant(mutants.LeaksTasks, "a_cancelled_connection_leaves_nothing_behind"),
    Mutant(mutants.LeaksTasks, "a_cancelled_start_leaves_nothing_behind"),
    Mutant(mutants.LeaksSockets, "a_cancelled_connection_leaves_nothing_behind"),
    Mutant(mutants.LeaksThreads, "a_cancelled_connection_leaves_nothing_behind"),
)


class OnMutant(AdapterContract):
    """The contract, on a mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        if issubclass(mutant.what, LoopbackAdapter):
            self.adapter = mutant.what  # type: ignore[misc]  # of this one only
        else:
            self.adapter = LoopbackAdapter  # type: ignore[misc]

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        what = self._mutant.what
        client = what if issubclass(what, Listening) else Listening
        lacks = frozenset({SupportsHistory})
        network = EchoingNetwork(extra=(client,), lacks=lacks, **self._mutant.network)
        yield LoopbackFake(network)


def named(mutant: Mutant) -> str:
    return "-".join([mutant.what.__name__, mutant.test, *mutant.network])


@pytest.mark.parametrize("mutant", MUTANTS, ids=named)
def test_whoever_breaks_a_rule_fails_the_test_of_that_rule(mutant, request):
    test = getattr(OnMutant(mutant), f"test_{mutant.test}")
    asked = [request] if inspect.signature(test).parameters else []
    mutants.LeaksThreads.over.clear()
    with pytest.raises(Broken):
        test(*asked)
    mutants.LeaksThreads.over.set()
    for left in mutants.LeaksSockets.left:
        left.close()
