"""What a gateway tells again has no effect; what only looks the same has."""

from __future__ import annotations

from bridges.sms.heard import KEPT, OVERLAP, SOON, Heard
from bridges.sms.provider import Inbound
from tests.adapters.sms.office import Clock


def heard(cursor: str | None = None, clock: Clock | None = None) -> Heard:
    clock = clock or Clock()
    made = Heard(clock.seconds, clock.now)
    made.load(cursor)
    return made


def with_id(name: str) -> Inbound:
    return Inbound("a", "b", "ok", id=name)


def without(words: str) -> Inbound:
    return Inbound("a", "b", words, fingerprint=words)


def test_a_message_with_an_id_is_known_by_it_also_after_a_restart() -> None:
    first = heard()
    cursor = first.cursor("twilio", with_id("1"))
    assert not first.again("twilio", with_id("1"))
    first.note("twilio", with_id("1"))
    assert first.again("twilio", with_id("1"))
    assert heard(cursor).again("twilio", with_id("1"))
    assert not heard(cursor).again("kannel", with_id("1"))


def test_only_the_last_ids_are_kept() -> None:
    first = heard()
    for number in range(KEPT + 1):
        first.note("twilio", with_id(f"{number}"))
    assert not first.again("twilio", with_id("0"))
    assert first.again("twilio", with_id("1"))


def test_the_same_words_on_one_connection_are_said_twice() -> None:
    first = heard()
    first.begins("smpp")
    first.note("smpp", without("ok"))
    assert not first.again("smpp", without("ok"))


def test_what_was_not_surely_answered_is_known_once_on_the_next_connection() -> None:
    first = heard()
    first.begins("smpp")
    first.note("smpp", without("ok"))
    first.begins("smpp")
    assert first.again("smpp", without("ok"))
    assert not first.again("smpp", without("ok"))


def test_it_is_known_after_a_restart_too() -> None:
    second = heard(heard().cursor("smpp", without("ok")))
    second.begins("smpp")
    assert second.again("smpp", without("ok"))


def test_what_was_recognised_may_come_a_third_time() -> None:
    first = heard()
    first.begins("smpp")
    first.note("smpp", without("ok"))
    for _ in range(3):
        first.begins("smpp")
        assert first.again("smpp", without("ok"))


def test_what_the_gateway_has_read_the_answer_of_is_new_when_it_comes_again() -> None:
    first = heard()
    first.begins("smpp")
    first.note("smpp", without("ok"))
    first.note("smpp", without("later"))
    first.confirmed("smpp", 1)
    first.begins("smpp")
    assert not first.again("smpp", without("ok"))
    assert first.again("smpp", without("later"))


def test_long_after_a_connect_the_same_words_are_new() -> None:
    clock = Clock()
    first = heard(clock=clock)
    first.begins("smpp")
    first.note("smpp", without("ok"))
    first.begins("smpp")
    clock.passes(SOON + 1)
    assert not first.again("smpp", without("ok"))


def test_a_list_is_read_from_a_little_before_the_last_message_on() -> None:
    clock = Clock()
    first = heard(clock=clock)
    assert first.since("twilio") is None
    first.note("twilio", with_id("1"))
    since = first.since("twilio")
    assert since is not None
    assert since < clock.now()


def test_what_comes_by_a_call_says_nothing_of_what_did_not() -> None:
    """Else a look at the list that fails after an outage would lose what was texted meanwhile."""
    clock = Clock()
    first = heard(clock=clock)
    first.note("twilio", with_id("1"))
    since = first.since("twilio")
    clock.passes(3600)
    cursor = first.cursor("twilio", with_id("2"))
    first.note("twilio", with_id("2"))
    assert first.since("twilio") == heard(cursor).since("twilio") == since
    first.caught_up("twilio", clock.now())
    assert heard(first.cursor("twilio", with_id("3"))).since("twilio") == clock.now() - OVERLAP


def test_of_more_than_are_kept_the_gateway_confirms_the_oldest_first() -> None:
    first = heard()
    first.begins("smpp")
    for number in range(KEPT + 10):
        first.note("smpp", without(f"{number}"))
    first.confirmed("smpp", 20)
    first.begins("smpp")
    assert not first.again("smpp", without("19"))
    assert first.again("smpp", without("20"))
