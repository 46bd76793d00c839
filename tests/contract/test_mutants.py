"""The contract notices: whatever rule an adapter breaks, a named test of it fails."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bridgekit.adapter import Limits, Unit
from bridgekit.events import (
    ChatChange,
    Deletion,
    Delivery,
    Edit,
    Location,
    Membership,
    Moved,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.supports import SupportsHistory
from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.keeping import Listening
from tests.contract import mutants, mutants_asked, mutants_refused, mutants_signing_in
from tests.contract.mutants_asked import idle, ignoring
from tests.contract.mutants_refused import deaf
from tests.contract.reasons import REASONS


@dataclass(frozen=True, slots=True)
class Mutant:
    """Most networks heal what an adapter loses, if they have a history: these have none.

    `test` is the one that must fail; `network` is what the far side can do; `raw`: what people say
    is handed over as it came; `keeps`: what the bridge misses comes again.
    """

    what: type
    test: str
    network: Mapping[str, Any] = field(default_factory=lambda: {"idempotent": True})
    raw: bool = False
    keeps: bool = True


_PAST = {"idempotent": True, "lacks": frozenset()}
_BYTES = {"idempotent": True, "limits": Limits(text=60, unit=Unit.BYTES)}
_ANSWERED = "what_is_known_of_the_chat_and_of_people_is_answered"
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
    Mutant(mutants.ForgetsWhoseEcho, "several_logins_in_one_chat_hand_over_each_message_once"),
    Mutant(mutants_asked.NoticesNoName, "a_new_name_is_seen"),
    Mutant(mutants_asked.TalksInPublic, "a_private_word_is_seen_and_answered"),
    Mutant(mutants_asked.AnswersInPublic, "a_private_word_is_seen_and_answered"),
    Mutant(
        mutants_asked.AnswersNobody,
        "a_private_chat_that_somebody_on_matrix_begins_goes_both_ways",
    ),
    Mutant(mutants_asked.ForgetsThePast, "what_was_missed_is_read_from_the_past", _PAST),
    Mutant(mutants_asked.ReadsBackwards, "the_past_reads_as_the_present_did", _PAST),
    Mutant(mutants_asked.SkipsToTheEnd, "the_past_reads_as_the_present_did", _PAST),
    Mutant(mutants_asked.RenamesThePast, "the_past_reads_as_the_present_did", _PAST),
    Mutant(ignoring(Moved), "a_chat_that_says_it_has_moved_goes_on"),
    Mutant(mutants_asked.TakesAMoveForARefusal, "a_chat_that_turns_out_to_have_moved_goes_on"),
    Mutant(mutants_asked.ListsNobody, "who_is_in_the_chat_is_among_its_members"),
    Mutant(mutants_asked.ListsAChatTwice, "the_chat_is_among_those_that_a_login_is_in"),
    Mutant(mutants_asked.FindsWhoIsNot, "people_are_found"),
    Mutant(mutants_asked.MakesNoChat, "a_chat_can_be_made"),
    Mutant(
        mutants_asked.ConvertsOnce,
        "what_is_stored_as_it_came_is_converted_the_same_each_time",
        raw=True,
    ),
    Mutant(mutants_asked.HasNoPictures, "a_reaction_with_a_picture_is_seen"),
    Mutant(mutants_asked.FindsNoFault, "the_check_finds_out_what_is_wrong"),
    Mutant(mutants_asked.FindsFaults, "the_check_finds_out_what_is_wrong"),
    Mutant(mutants_asked.UnderstandsNoName, "names_lead_to_chats_and_people"),
    Mutant(mutants_asked.HasNothingPrivate, "names_lead_to_chats_and_people"),
    Mutant(mutants_asked.ForgetsWhatItIsAbout, "a_reply_is_seen_as_one"),
    Mutant(mutants_asked.ForgetsWhatItIsAbout, "a_thread_is_seen_as_one"),
    Mutant(mutants_asked.LosesFiles, "a_file_is_seen"),
    Mutant(mutants_asked.SendsItOnItsOwn, "a_file_is_heard"),
    Mutant(mutants_asked.SendsItOnItsOwn, "a_thread_on_matrix_is_one_on_the_network"),
    Mutant(mutants_asked.SendsItOnItsOwn, "a_reply_on_matrix_is_one_on_the_network"),
    Mutant(mutants_asked.SendsTheBeginning, "a_long_text_from_matrix_is_heard_to_its_last_word"),
    Mutant(mutants_asked.SendsOneLine, "a_text_of_several_lines_is_heard_line_by_line"),
    Mutant(mutants_asked.SendsTwice, "what_is_said_on_matrix_is_heard_once_and_in_order"),
    Mutant(mutants_asked.HearsLatin, "unusual_text_from_the_network_is_seen_unchanged"),
    Mutant(mutants_asked.ChokesOnNothing, "text_without_words_holds_nothing_up"),
    Mutant(mutants_asked.ChokesOnNonsense, "what_cannot_be_understood_is_set_aside"),
    Mutant(mutants_asked.IgnoresNonsense, "what_cannot_be_understood_is_set_aside"),
    Mutant(mutants_asked.ForgetsNonsense, "what_cannot_be_understood_is_set_aside"),
    Mutant(mutants_asked.ExpectsOrder, "what_comes_in_the_wrong_order_is_seen_all_the_same"),
    Mutant(mutants_asked.BeginsWithWhatIsNew, "what_is_said_while_a_connection_breaks_arrives"),
    Mutant(
        mutants_asked.BeginsWithWhatIsNew,
        "what_is_said_while_the_bridge_is_away_waits_for_it",
    ),
    Mutant(
        mutants_asked.DeniesThatItResumes,
        "where_nothing_is_lost_nobody_is_told_of_losses",
    ),
    Mutant(
        mutants_asked.BeginsWithWhatIsNew,
        "what_is_lost_while_the_bridge_is_away_is_told_of",
        keeps=False,
    ),
    Mutant(mutants_signing_in.GivesNothing, "who_signs_in_speaks_with_what_that_gave"),
    Mutant(mutants_signing_in.GivesTheRoot, "who_signs_in_speaks_with_what_that_gave"),
    Mutant(mutants.HidesRefusals, "who_may_not_sign_in_is_told_why"),
    Mutant(mutants_signing_in.GoesOnSigningIn, "a_sign_in_that_is_given_up_leaves_nothing_behind"),
    # What has to be told: refusals, names, units, stamps.
    Mutant(deaf("edit"), "of_an_edit_that_the_network_refuses_its_sender_is_told"),
    Mutant(deaf("delete"), "of_a_deletion_that_the_network_refuses_its_sender_is_told"),
    Mutant(deaf("react"), "of_a_reaction_that_the_network_refuses_its_sender_is_told"),
    Mutant(mutants_refused.SpeaksForItself, "who_has_no_login_is_named"),
    Mutant(
        mutants_refused.CountsCharacters,
        "a_long_text_in_other_letters_is_heard_to_its_last_word",
        _BYTES,
    ),
    Mutant(mutants_refused.DoesNotAwait, "a_reaction_and_its_removal_are_heard"),
    Mutant(mutants_refused.KnowsNoChat, _ANSWERED),
    Mutant(mutants_refused.KnowsAnotherChat, _ANSWERED),
    Mutant(mutants_refused.KnowsNobody, _ANSWERED),
    Mutant(mutants_refused.KnowsSomebodyElse, _ANSWERED),
    Mutant(mutants_refused.CallsAllTheSame, _ANSWERED),
    Mutant(mutants_refused.KnowsNoRepeatedEdit, "an_edit_that_comes_twice_is_seen_once"),
    Mutant(mutants_refused.StampsNoEdit, "of_two_edits_the_later_one_stands"),
    # Each kind of content that is not handed over.
    Mutant(ignoring(Reaction), "a_reaction_and_its_removal_are_seen"),
    Mutant(ignoring(Reaction), "a_reaction_that_comes_before_its_message_is_seen"),
    Mutant(ignoring(Edit), "an_edit_that_comes_before_its_message_is_seen"),
    Mutant(ignoring(Deletion), "what_is_deleted_before_it_comes_is_not_seen"),
    Mutant(ignoring(Pin), "a_pin_is_seen"),
    Mutant(ignoring(Receipt), "a_receipt_is_seen"),
    Mutant(ignoring(Typing), "typing_is_seen"),
    Mutant(ignoring(Membership), "who_comes_and_goes_is_seen"),
    Mutant(ignoring(ChatChange), "a_new_topic_is_seen"),
    Mutant(ignoring(Location), "a_place_is_seen"),
    Mutant(ignoring(Poll), "a_poll_and_a_vote_are_seen"),
    Mutant(ignoring(Vote), "a_poll_and_a_vote_are_seen"),
    Mutant(ignoring(Unsupported), "what_matrix_cannot_show_is_seen_as_a_line"),
    Mutant(ignoring(Delivery), "who_could_not_be_reached_its_sender_is_told"),
    # And each that is not done.
    Mutant(mutants_asked.EditsAnother, "an_edit_is_heard"),
    Mutant(idle("delete"), "a_deletion_is_heard"),
    Mutant(idle("react"), "a_reaction_and_its_removal_are_heard"),
    Mutant(idle("pin"), "a_pin_is_heard"),
    Mutant(idle("mark_read"), "a_receipt_is_heard"),
    Mutant(idle("typing"), "typing_is_heard"),
    Mutant(idle("change_chat"), "a_new_topic_is_heard"),
    Mutant(idle("set_member"), "who_leaves_the_room_leaves_the_chat"),
    Mutant(idle("send_location"), "a_place_is_heard"),
    Mutant(idle("poll"), "a_poll_and_a_vote_are_heard"),
    Mutant(idle("vote"), "a_poll_and_a_vote_are_heard"),
)


class KeepsNothing(LoopbackFake):
    keeps = False


class Forgetful(mutants_asked.BeginsWithWhatIsNew):
    """As a client is to be where the network keeps nothing: it says that it does not resume."""

    resumes = False


def unmutated() -> Iterable[Mutant]:
    """Those that break no rule: one for each scenario and whatever a mutant of it is given."""
    found = {}
    for mutant in MUTANTS:
        given = (mutant.test, *mutant.network.items(), mutant.raw, mutant.keeps)
        found[given] = replace(mutant, what=Listening if mutant.keeps else Forgetful)
    return found.values()


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
        options = {"lacks": frozenset({SupportsHistory}), **self._mutant.network}
        network = EchoingNetwork(extra=(client,), **options)
        fake = LoopbackFake if self._mutant.keeps else KeepsNothing
        yield fake(network, raw=self._mutant.raw)


def named(mutant: Mutant) -> str:
    return "-".join([mutant.what.__name__, mutant.test, *mutant.network])


@pytest.mark.parametrize("mutant", MUTANTS, ids=named)
def test_whoever_breaks_a_rule_fails_the_test_of_that_rule(mutant, request):
    mutants.LeaksThreads.over.clear()
    words = "|".join(map(re.escape, REASONS[mutant.test]))
    with pytest.raises(Broken, match=rf"\A.*({words})"):
        play(mutant, request)
    mutants.LeaksThreads.over.set()
    for left in mutants.LeaksSockets.left:
        left.close()


@pytest.mark.parametrize("sound", unmutated(), ids=named)
def test_whoever_breaks_none_passes_each_of_these_tests(sound, request):
    play(sound, request)


def play(mutant, request):
    """A scenario that is skipped would show nothing, so it is none."""
    test = getattr(OnMutant(mutant), f"test_{mutant.test}")
    try:
        test(*([request] if inspect.signature(test).parameters else []))
    except pytest.skip.Exception as skipped:
        raise AssertionError(f"it was not played: {skipped}") from skipped


def test_every_scenario_has_a_mutant_that_it_notices():
    scenarios = {name for name in dir(AdapterContract) if name.startswith("test_")}
    assert scenarios == {f"test_{mutant.test}" for mutant in MUTANTS}
