"""What each scenario says of an adapter that breaks its rule: one of these words, in its sentence.

A scenario that is broken itself, or under some set-up cannot be played, says something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def _seen(*texts: str) -> tuple[str, ...]:
    return tuple(f"This never happens: {text} is seen on Matrix" for text in texts)


def _heard(what: str) -> tuple[str, ...]:
    return (f"This never happens: {what} is heard on the network",)


_FRAKTUR = "This never happens: '\U0001d518\U0001d52b\U0001d526"  # how the text begins
_LEFT = "there were left: "

DEEDS: Mapping[str, tuple[str, str]] = {
    "edit": ("an_edit", "Edit"),
    "delete": ("a_deletion", "Deletion"),
    "react": ("a_reaction", "Reaction"),
    "pin": ("a_pin", "Pin"),
    "poll": ("a_poll", "Poll"),
    "vote": ("a_vote", "Vote"),
    "send_location": ("a_place", "Location"),
    "change_chat": ("a_new_topic", "ChatChange"),
    "set_member": ("a_kick", "Membership"),
}
"""What is asked of a client, what scenarios call that, and its kind."""


def _of_deeds() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a scenario of each says."""
    for what, kind in DEEDS.values():
        refused = f"This never happens: Alice is told that her {what.split('_')[-1]} was refused"
        yield f"of_{what}_that_the_network_refuses_its_sender_is_told", (refused,)
        heard = f"This never happens: the {kind} is heard on the network after"
        yield f"{what}_that_is_lost_on_the_way_is_not_gone", (f"{heard} all",)
        yield f"{what}_that_is_not_taken_yet_comes_later", (f"{heard} the pause",)


REASONS: Mapping[str, tuple[str, ...]] = {
    **dict(_of_deeds()),
    # Text, and what is lost or doubled on the way.
    "what_people_say_is_seen_in_order_each_under_their_own_name": (
        *("On Matrix there should be ['one', 'two', 'three']", "is to name each person"),
    ),
    "what_is_said_on_matrix_is_heard_once_and_in_order": (
        "The network should have heard ['word-0', 'word-1'",
        *_heard("'word-4'"),
    ),
    "a_long_text_from_the_network_is_seen_whole": ("This never happens: 'word0000 word0001",),
    "a_long_text_from_matrix_is_heard_to_its_last_word": _heard("'word0999'"),
    "a_long_text_in_other_letters_is_heard_to_its_last_word": _heard("'漢字語0021'"),
    "who_has_no_login_is_named": ("frida said 'good morning' and has no login there",),
    "a_text_of_several_lines_is_heard_line_by_line": _heard("'QUIT :second line'"),
    "unusual_text_from_the_network_is_seen_unchanged": (_FRAKTUR,),
    "unusual_text_from_matrix_is_heard_unchanged": (_FRAKTUR,),
    "text_without_words_holds_nothing_up": _seen("'after blanks'"),
    "what_is_not_stored_is_not_acknowledged": _seen("'not yet stored'"),
    "what_fails_to_be_stored_is_not_acknowledged": _seen("'comes again'"),
    "what_cannot_be_stored_now_comes_again": _seen("'comes again'"),
    "what_comes_twice_is_seen_once": ("On Matrix there should be ['only once', 'after it']",),
    "what_comes_in_the_wrong_order_is_seen_all_the_same": _seen("'said first'"),
    "what_we_said_ourselves_does_not_come_back": ("What Alice said came back",),
    "several_logins_in_one_chat_hand_over_each_message_once": (
        "What one login said came back through another",
    ),
    "what_cannot_be_understood_is_set_aside": (
        *_seen("'after it'"),
        "This never happens: what nobody can understand is kept for the operator",
        "It came 3 times: what is set aside is stored",
        "What cannot be understood is quoted in the reason",
    ),
    "a_lost_answer_never_doubles_a_message": ("The network has it 2 times",),
    "a_message_lost_on_the_way_is_sent_again_or_told": (
        *("The network has it 0 times", "It is lost, and its sender is not told"),
    ),
    "what_the_network_refuses_its_sender_is_told": (
        "This never happens: Alice is told that her message was refused",
    ),
    "who_could_not_be_reached_its_sender_is_told": (
        "This never happens: Alice is told why her message was not delivered",
    ),
    "a_pause_that_the_network_asks_for_is_kept": ("The network asked for 45 s and was asked",),
    "a_crash_at_any_await_changes_no_end": ("cases the end is not as it should be",),
    # Connections.
    "after_a_broken_connection_both_sides_speak_on": (
        "This never happens: the connection is made anew",
        "This never happens: 'yes, I am' is heard on the network",
    ),
    "what_is_said_while_a_connection_breaks_arrives": _seen("'meanwhile-2'"),
    "what_is_said_while_the_bridge_is_away_waits_for_it": _seen("'bob waits'"),
    "where_nothing_is_lost_nobody_is_told_of_losses": ("Nothing is missing, and the room is told",),
    "what_is_lost_while_the_bridge_is_away_is_told_of": ("What bob said is gone, and the room",),
    "a_refused_login_is_a_login_error": (
        *("where the network refuses the login", "A secret is told to people, or to the log"),
    ),
    "a_cancelled_connection_leaves_nothing_behind": (_LEFT,),
    "a_cancelled_start_leaves_nothing_behind": (_LEFT,),
    "who_signs_in_speaks_with_what_that_gave": (
        "Carol has signed in, and is not let in: ",
        "This never happens: the bridge has restarted, and Carol is connected again",
    ),
    "who_may_not_sign_in_is_told_why": ("which is to be a `LoginError`",),
    "commands_of_the_network_are_answered": (
        "This never happens: Alice types 'weather tomorrow', and is answered with",
    ),
    "setting_up_ends_well_where_all_is_well": (
        *("All was done as it should be, and the set-up says", "The set-up has said nothing"),
    ),
    "a_changed_configuration_is_taken_over_at_work": _heard("'after it'"),
    "who_has_another_name_has_it_on_the_network": (
        *("This never happens: Dave goes by another name", "see `Host.credentials_changed`"),
    ),
    "setting_up_finds_out_what_is_refused": ("the set-up has no error",),
    "who_has_signed_out_is_let_in_no_more": ("still lets her in",),
    "a_sign_in_that_is_given_up_leaves_nothing_behind": (_LEFT,),
    "the_very_first_word_may_be_said_while_the_bridge_is_away": _seen("'the very first word'"),
    "what_is_said_in_one_of_two_chats_is_not_in_the_other": (
        "This never happens: 'a green pear' is heard in #garden",
        "This never happens: 'a red pear' is seen on Matrix in the room of #garden",
    ),
    "a_connection_that_falls_silent_is_noticed": _seen("'hello? hello?'"),
    # Private chats, the past, and what is asked.
    "a_private_word_is_seen_and_answered": (
        "This never happens: 'just between us' is seen in a room of Alice's",
        "What was said in private is to be read in #room",
    ),
    "a_private_chat_that_somebody_on_matrix_begins_goes_both_ways": (
        "This never happens: bob hears 'a word with you' in private",
    ),
    "what_was_missed_is_read_from_the_past": ("['before it', 'missed first', 'missed second'",),
    "the_past_reads_as_the_present_did": (
        *("Live, the messages were ['m2', 'm3', 'm4']; the past has", "Behind m2, ['m4'] is not"),
        "Since 3000-01-01 00:00:00+00:00, which is still to come, the past has",
    ),
    "a_chat_that_says_it_has_moved_goes_on": _seen("'under another name'"),
    "a_chat_that_moves_while_the_bridge_is_away_goes_on": _heard("'where are you?'"),
    "a_chat_that_turns_out_to_have_moved_goes_on": _heard("'are you still there?'"),
    "what_is_known_of_the_chat_and_of_people_is_answered": (
        *("`chat_info` was asked for #room, and", "`user_info` was asked for bob, and"),
        *("`place` is no text: None", "`chat_info` has the members [], and ['alice', 'bob', 'c"),
        "Bob (bob) and Carol (carol) are both 'Somebody'",
    ),
    "who_is_in_the_chat_is_among_its_members": ("`members` has ['alice']",),
    "the_chat_is_among_those_that_a_login_is_in": ("`chats` has ['#room', '#room']",),
    "people_are_found": ("There is nobody called 'nobody', and `resolve` has",),
    "a_chat_can_be_made": ("was to be a new one called 'Tulips'",),
    "names_lead_to_chats_and_people": (
        *("'#room' is to name a public chat, and is None", "Bob is bob, whose private chat is"),
    ),
    "what_is_stored_as_it_came_is_converted_the_same_each_time": ("raw-m2 became [], and then",),
    "the_check_finds_out_what_is_wrong": (
        *("The login is refused, and the check has no error", "All is well, and the check says"),
    ),
    "a_new_name_is_seen": ("This never happens: Carol is called Caroline on Matrix",),
    # Each kind, from the network.
    "a_reply_is_seen_as_one": ("'an answer' is to be about 'a question'",),
    "a_thread_is_seen_as_one": ("'in the thread' is to be about 'a long story'",),
    "a_file_is_seen": ("The file arrived as b'something else'",),
    "an_edit_is_seen": ("This never happens: 'a typo' is changed to 'no typo' on Matrix",),
    "an_edit_that_comes_before_its_message_is_seen": (
        "This never happens: the edited text is seen",
    ),
    "an_edit_that_comes_twice_is_seen_once": ("Bob changed it once, and Matrix shows the edits",),
    "of_many_edits_the_last_one_stands": ("Bob's last words were 'typo 11', and Matrix",),
    "of_two_edits_the_later_one_stands": ("Bob's last words were 'no typo', and Matrix shows",),
    "a_deletion_is_seen": ("This never happens: the deleted message is gone on Matrix",),
    "what_is_deleted_before_it_comes_is_not_seen": ("What was deleted already is seen",),
    "a_reaction_and_its_removal_are_seen": _seen("the reaction"),
    "a_reaction_that_comes_before_its_message_is_seen": _seen("the reaction"),
    "a_reaction_with_a_picture_is_seen": _seen("the reaction"),
    "a_pin_is_seen": (
        "This never happens: the message is pinned on Matrix",
        "This never happens: the message is no longer pinned on Matrix",
    ),
    "a_receipt_is_seen": ("This never happens: it is seen on Matrix how far Bob has read",),
    "typing_is_seen": (
        "This never happens: Bob is seen typing on Matrix",
        "This never happens: Bob is no longer seen typing on Matrix",
    ),
    "who_comes_and_goes_is_seen": ("This never happens: Carol has left on Matrix",),
    "who_is_put_out_is_seen_to_be": (
        "This never happens: Carol is put out on Matrix",
        "was put out by Bob, and left by themselves on Matrix",
    ),
    "a_ban_and_its_end_are_seen": (
        "This never happens: Carol is banned on Matrix",
        "This never happens: Carol is no longer banned on Matrix",
    ),
    "a_person_who_is_put_out_of_the_chat_is_put_out_of_the_room": (
        "This never happens: Dave is put out on Matrix",
    ),
    "a_new_topic_is_seen": _seen("the topic"),
    "a_place_is_seen": _seen("the place"),
    "a_poll_and_a_vote_are_seen": _seen("the poll", "the vote"),
    "what_matrix_cannot_show_is_seen_as_a_line": _seen("'a card with a tune'"),
    # And from Matrix.
    "a_reply_on_matrix_is_one_on_the_network": ("The answer is no reply to m2",),
    "a_thread_on_matrix_is_one_on_the_network": _heard("the right Message"),
    "a_file_is_heard": (*_heard("the right Message"), "The file arrived as 'something else'"),
    "an_edit_is_heard": _heard("the right Edit"),
    "a_deletion_is_heard": _heard("the right Deletion"),
    "a_reaction_and_its_removal_are_heard": (
        *_heard("the right Reaction"),
        "What is not awaited is not done: coroutine 'DoesNotAwait._check'",
    ),
    "a_pin_is_heard": (*_heard("the pin"), *_heard("the end of the pin")),
    "a_receipt_is_heard": _heard("the right Receipt"),
    "typing_is_heard": (*_heard("typing"), *_heard("the end of typing")),
    "a_new_topic_is_heard": _heard("the right ChatChange"),
    "whatever_a_client_can_do_is_declared": (
        "which `bridgekit adapters` does not list",
        "EditsInSecret has `edit`, and SupportsEdit is not among its bases",
    ),
    "who_leaves_the_room_leaves_the_chat": _heard("the right Membership"),
    "a_place_is_heard": _heard("the right Location"),
    "a_poll_is_heard": _heard("the right Poll"),
    "a_vote_is_heard": _heard("the right Vote"),
    "who_is_put_out_of_the_room_is_put_out_of_the_chat": _heard("the KICK of carol"),
    "a_ban_and_its_end_are_heard": (*_heard("the BAN of carol"), *_heard("the LEAVE of carol")),
}
