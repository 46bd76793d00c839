"""Where texts are taken in and sent out, without a bridge; and which contracts are whole."""

from __future__ import annotations

import os

import pytest

from tests.adapters.sms.office import Place, place, settings

# Of a contract that is `brief` only these and what it names in `also` are played, unless SMS_ALL is
# set (`make crash-networks` sets it).
BRIEF = {
    "test_what_people_say_is_seen_in_order_each_under_their_own_name",
    "test_what_is_said_on_matrix_is_heard_once_and_in_order",
    "test_a_long_text_in_other_letters_is_heard_to_its_last_word",
    "test_a_long_text_from_the_network_is_seen_whole",
    "test_who_could_not_be_reached_its_sender_is_told",
    "test_a_file_is_heard",
    "test_a_refused_login_is_a_login_error",
    "test_what_is_not_stored_is_not_acknowledged",
    "test_what_comes_twice_is_seen_once",
    "test_what_cannot_be_understood_is_set_aside",
    "test_what_the_network_refuses_its_sender_is_told",
    "test_a_lost_answer_never_doubles_a_message",
    "test_what_is_said_in_one_of_two_chats_is_not_in_the_other",
    "test_a_connection_that_falls_silent_is_noticed",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("SMS_ALL"):
        return
    long = pytest.mark.skip(reason="part of the long form: SMS_ALL=1")
    for item in items:
        contract = getattr(item, "cls", None)
        kept = BRIEF | getattr(contract, "also", frozenset())
        if getattr(contract, "brief", False) and item.name.partition("[")[0] not in kept:
            item.add_marker(long)


@pytest.fixture
def office() -> Place:
    return place(settings())
