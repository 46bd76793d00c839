"""Every adapter that breaks a rule, with the test of the contract that must notice it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
from tests.contract import (
    mutants,
    mutants_asked,
    mutants_declared,
    mutants_equipped,
    mutants_failing,
    mutants_refused,
    mutants_signing_in,
    mutants_told,
)
from tests.contract.mutants_asked import idle, ignoring
from tests.contract.mutants_declared import refusing
from tests.contract.mutants_failing import careless, hasty
from tests.contract.mutants_refused import deaf
from tests.contract.reasons import DEEDS


@dataclass(frozen=True, slots=True)
class Mutant:
    """Most networks heal what an adapter loses, if they have a history: these have none.

    `test` is the one that must fail; `network` is what the far side can do; `raw`: what people say
    is handed over as it came; `keeps`: what the bridge misses comes again; `equipped`: what breaks
    the rule is of the loopback network that has commands and a set-up.
    """

    what: type
    test: str
    network: Mapping[str, Any] = field(default_factory=lambda: {"idempotent": True})
    raw: bool = False
    keeps: bool = True
    equipped: bool = False


_PAST = {"idempotent": True, "lacks": frozenset()}
_BYTES = {"idempotent": True, "limits": Limits(text=60, unit=Unit.BYTES)}
_ANSWERED = "what_is_known_of_the_chat_and_of_people_is_answered"
_APART = "what_is_said_in_one_of_two_chats_is_not_in_the_other"
_PUT_OUT = "a_person_who_is_put_out_of_the_chat_is_put_out_of_the_room"
_RENAMED = "who_has_another_name_has_it_on_the_network"
_SEEN_IN_ORDER = "what_people_say_is_seen_in_order_each_under_their_own_name"

MUTANTS = (
    Mutant(mutants.AcknowledgesFirst, "what_is_not_stored_is_not_acknowledged"),
    Mutant(mutants.AcknowledgesFirst, "a_crash_at_any_await_changes_no_end"),
    Mutant(mutants.AcknowledgesAsItEnds, "what_is_not_stored_is_not_acknowledged"),
    Mutant(
        mutants.StoresTheCursorFirst,
        "what_is_not_stored_is_not_acknowledged",
        {"idempotent": True, "cursors": True},
    ),
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
    Mutant(mutants_asked.KnowsNoTime, "the_past_reads_as_the_present_did", _PAST),
    Mutant(mutants_asked.RenamesThePast, "the_past_reads_as_the_present_did", _PAST),
    Mutant(ignoring(Moved), "a_chat_that_says_it_has_moved_goes_on"),
    Mutant(mutants_asked.TakesAMoveForARefusal, "a_chat_that_turns_out_to_have_moved_goes_on"),
    Mutant(
        mutants_asked.TakesAMoveForARefusal,
        "a_chat_that_moves_while_the_bridge_is_away_goes_on",
    ),
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
    Mutant(mutants_signing_in.KeepsItInMemory, "who_signs_in_speaks_with_what_that_gave"),
    Mutant(mutants.HidesRefusals, "who_may_not_sign_in_is_told_why"),
    Mutant(mutants_signing_in.LeavesTheDoorOpen, "who_has_signed_out_is_let_in_no_more"),
    Mutant(mutants_signing_in.GoesOnSigningIn, "a_sign_in_that_is_given_up_leaves_nothing_behind"),
    # What is asked and set up by hand.
    Mutant(mutants_equipped.AnswersNothing, "commands_of_the_network_are_answered", equipped=True),
    Mutant(mutants_equipped.SetsNothingUp, "setting_up_ends_well_where_all_is_well", equipped=True),
    Mutant(mutants_equipped.Grumbles, "setting_up_ends_well_where_all_is_well", equipped=True),
    Mutant(
        mutants_equipped.GoesOnAsBefore,
        "a_changed_configuration_is_taken_over_at_work",
        equipped=True,
    ),
    Mutant(mutants_equipped.TriesNothing, "setting_up_finds_out_what_is_refused", equipped=True),
    Mutant(mutants_equipped.KeepsOldNames, _RENAMED, equipped=True),
    Mutant(mutants_equipped.ForgetsNewNames, _RENAMED, equipped=True),
    # What is begun with, and more chats than one.
    Mutant(
        mutants_failing.NeverSaysWhereItBegan,
        "the_very_first_word_may_be_said_while_the_bridge_is_away",
        {"idempotent": True, "cursors": True},
    ),
    Mutant(mutants_failing.WaitsForEver, "a_connection_that_falls_silent_is_noticed"),
    Mutant(mutants_failing.SeesOneChat, _APART),
    Mutant(mutants_told.TellsThePassword, "a_refused_login_is_a_login_error", equipped=True),
    Mutant(mutants_told.LogsTheCredentials, "a_refused_login_is_a_login_error", equipped=True),
    Mutant(mutants_told.QuotesNonsense, "what_cannot_be_understood_is_set_aside"),
    Mutant(mutants_told.CountsNobody, _ANSWERED, {"idempotent": True, "lists_members": True}),
    Mutant(mutants_failing.KnowsOneChat, _APART),
    # What has to be told: refusals, names, units, stamps.
    *(
        Mutant(deaf(method), f"of_{what}_that_the_network_refuses_its_sender_is_told")
        for method, (what, _) in DEEDS.items()
    ),
    *(
        Mutant(careless(method), f"{what}_that_is_lost_on_the_way_is_not_gone")
        for method, (what, _) in DEEDS.items()
    ),
    *(
        Mutant(hasty(method), f"{what}_that_is_not_taken_yet_comes_later")
        for method, (what, _) in DEEDS.items()
    ),
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
    Mutant(mutants_refused.MakesAnotherOfARepeatedEdit, "an_edit_that_comes_twice_is_seen_once"),
    Mutant(mutants_refused.StampsNoEdit, "of_two_edits_the_later_one_stands"),
    Mutant(mutants_refused.StampsWithANumber, "of_many_edits_the_last_one_stands"),
    # What is declared, and what helps with delivery.
    Mutant(mutants_declared.SaysTooLittle, "whatever_a_client_can_do_is_declared"),
    Mutant(mutants_declared.ForgetsABase, "whatever_a_client_can_do_is_declared"),
    Mutant(mutants_declared.EntersOnce, "after_a_broken_connection_both_sides_speak_on"),
    Mutant(
        mutants_declared.TakesAnyLength,
        "a_long_text_from_matrix_is_heard_to_its_last_word",
        _BYTES,
    ),
    Mutant(mutants_declared.FindsNothing, "a_lost_answer_never_doubles_a_message", {}),
    Mutant(
        mutants_declared.IsAnotherEachTime,
        "what_is_said_while_the_bridge_is_away_waits_for_it",
    ),
    Mutant(mutants_declared.IsNowhere, _ANSWERED),
    Mutant(mutants_declared.HoldsUp, "what_is_said_on_matrix_is_heard_once_and_in_order"),
    Mutant(
        mutants_declared.LosesTheRest,
        "a_long_text_from_matrix_is_heard_to_its_last_word",
    ),
    Mutant(mutants_declared.UploadsSomethingElse, "a_file_is_heard"),
    # What ends.
    Mutant(mutants_declared.NeverUnpins, "a_pin_is_heard"),
    Mutant(mutants_declared.TypesForEver, "typing_is_heard"),
    Mutant(mutants_declared.SeesNoEnd, "a_pin_is_seen"),
    Mutant(mutants_declared.SeesNoEnd, "typing_is_seen"),
    # Who is put out.
    Mutant(ignoring(Membership), "who_is_put_out_is_seen_to_be"),
    Mutant(mutants_refused.TakesKicksForLeaving, "who_is_put_out_is_seen_to_be"),
    Mutant(mutants_refused.TakesBansForKicks, "a_ban_and_its_end_are_seen"),
    Mutant(mutants_refused.LiftsNoBan, "a_ban_and_its_end_are_seen"),
    Mutant(mutants_refused.IgnoresWhatIsDoneToItsLogins, _PUT_OUT),
    Mutant(idle("set_member"), "who_is_put_out_of_the_room_is_put_out_of_the_chat"),
    Mutant(mutants_refused.KicksWhomItShouldBan, "a_ban_and_its_end_are_heard"),
    Mutant(mutants_refused.BansForEver, "a_ban_and_its_end_are_heard"),
    Mutant(refusing("set_member"), "who_is_put_out_of_the_room_is_put_out_of_the_chat"),
    Mutant(refusing("set_member"), "a_ban_and_its_end_are_heard"),
    Mutant(refusing("change_chat"), "a_new_topic_is_heard"),
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
    Mutant(idle("poll"), "a_poll_is_heard"),
    Mutant(idle("vote"), "a_vote_is_heard"),
)
