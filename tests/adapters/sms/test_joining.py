"""Texts in parts: in any order, twice, with gaps, and with a reference that is used again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bridges.sms.alphabet import to_gsm, to_ucs2
from bridges.sms.joining import GROUPS, Joining, decode
from bridges.sms.provider import Part
from tests.adapters.sms.office import Clock, KeepingHost


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host() -> KeepingHost:
    return KeepingHost()


@pytest.fixture
def joining(host: KeepingHost, clock: Clock) -> Joining:
    return Joining(host, 600.0, clock.seconds)  # type: ignore[arg-type]  # as much as it asks


def part(number: int, text: str, total: int = 3, coding: str = "gsm7") -> Part:
    encode = to_gsm if coding == "gsm7" else to_ucs2
    return Part("7", total, number, encode(text), coding)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
async def test_parts_are_joined_in_whatever_order_they_come(joining: Joining, order) -> None:
    words = {1: "one ", 2: "two ", 3: "three"}
    shown = [await joining.add("bob", part(number, words[number]), {}) for number in order]
    assert shown[:2] == [[], []]
    assert shown[2][0].text() == "one two three"


async def test_a_part_that_comes_twice_counts_once(joining: Joining) -> None:
    for _ in range(2):
        assert await joining.add("bob", part(1, "one "), {}) == []
    await joining.add("bob", part(2, "two "), {})
    (group,) = await joining.add("bob", part(3, "three"), {})
    assert group.text() == "one two three"


async def test_a_part_of_what_was_shown_already_begins_no_other_text(joining: Joining) -> None:
    for number in (1, 2):
        await joining.add("bob", part(number, f"{number}"), {})
    (group,) = await joining.add("bob", part(3, "3"), {})
    await joining.forget(group)
    assert await joining.add("bob", part(3, "3"), {}) == []
    assert joining.due() == []


async def test_what_is_missing_is_marked_when_nobody_waits_any_more(
    joining: Joining, clock: Clock
) -> None:
    await joining.add("bob", part(1, "one "), {})
    await joining.add("bob", part(3, "three"), {})
    assert joining.due() == []
    clock.passes(601)
    (group,) = joining.due()
    assert group.text() == "one  […] three\n[of 3 parts of this message, missing: 2]"


async def test_a_reference_that_is_used_again_does_not_mix_two_texts(joining: Joining) -> None:
    await joining.add("bob", part(1, "old "), {})
    (old,) = await joining.add("bob", part(1, "new "), {})
    assert old.text().startswith("old ")
    await joining.forget(old)
    await joining.add("bob", part(2, "text "), {})
    (new,) = await joining.add("bob", part(3, "here"), {})
    assert new.text() == "new text here"


async def test_two_people_may_have_the_same_reference(joining: Joining) -> None:
    await joining.add("bob", part(1, "bob ", 2), {})
    await joining.add("carol", part(1, "carol ", 2), {})
    (bob,) = await joining.add("bob", part(2, "speaks", 2), {})
    (carol,) = await joining.add("carol", part(2, "listens", 2), {})
    assert (bob.text(), carol.text()) == ("bob speaks", "carol listens")


async def test_the_same_words_with_the_same_reference_are_said_again_days_later(
    joining: Joining, clock: Clock
) -> None:
    async def said() -> int:
        await joining.add("bob", part(1, "x", total=2), {})
        groups = await joining.add("bob", part(2, "x", total=2), {})
        for group in groups:
            await joining.forget(group)
        return len(groups)

    assert [await said(), await said()] == [1, 0]  # told again: gateways do so for two days
    clock.passes(3 * 24 * 3600)
    assert await said() == 1


async def test_texts_that_end_alike_are_whole_also_under_one_reference(joining: Joining) -> None:
    """Of 256 references some come again soon; a part that is told again waits for nothing."""
    for words in ("hello", "goodbye"):
        await joining.add("bob", part(1, words, total=2), {})
        (group,) = await joining.add("bob", part(2, ", yours", total=2), {})
        assert group.text() == f"{words}, yours"
        await joining.forget(group)
        assert await joining.add("bob", part(2, ", yours", total=2), {}) == []
    assert joining.due() == []


async def test_texts_that_begin_alike_are_whole_where_the_gateway_names_each_part(
    host: KeepingHost, clock: Clock
) -> None:
    """What is told again begins and ends nothing, also after a restart."""
    seen: list[Part] = []
    for which, words in (("a", "x"), ("b", "y"), ("c", "y")):
        first, last = part(1, "Dear customer ", total=2), part(2, words, total=2)
        first, last = replace(first, id=f"{which}1"), replace(last, id=f"{which}2")
        for begins in (True, False):
            joining = Joining(host, 600.0, clock.seconds)  # type: ignore[arg-type]
            await joining.load()
            if begins:
                await joining.add("bob", first, {})
        assert [await joining.add("bob", one, {}) for one in seen] == [[]] * len(seen)
        (group,) = await joining.add("bob", last, {})
        assert group.text() == f"Dear customer {words}"
        await joining.forget(group)
        seen += group.parts.values()
        assert [await joining.add("bob", one, {}) for one in seen] == [[]] * len(seen)
        assert joining.due() == []
        clock.passes(60)


async def test_a_part_that_comes_twice_under_two_names_is_one(joining: Joining) -> None:
    for name in ("1", "2"):
        assert await joining.add("bob", replace(part(1, "one "), id=name), {}) == []
    assert joining.due() == []


async def test_a_character_that_a_phone_has_cut_is_whole_again(joining: Joining) -> None:
    """Surrogate pairs and escapes: joined as bytes, then decoded."""
    octets = to_ucs2("я😀я")
    await joining.add("bob", Part("1", 2, 1, octets[:4], "ucs2"), {})
    (group,) = await joining.add("bob", Part("1", 2, 2, octets[4:], "ucs2"), {})
    assert group.text() == "я😀я"
    octets = to_gsm("a€b")
    await joining.add("bob", Part("2", 2, 1, octets[:2], "gsm7"), {})
    (group,) = await joining.add("bob", Part("2", 2, 2, octets[2:], "gsm7"), {})
    assert group.text() == "a€b"


async def test_parts_outlive_a_restart(joining: Joining, host: KeepingHost, clock: Clock) -> None:
    await joining.add("bob", part(1, "one "), {"sender": "bob"})
    await joining.add("bob", part(2, "two "), {"sender": "bob"})
    again = Joining(host, 600.0, clock.seconds)  # type: ignore[arg-type]
    await again.load()
    (group,) = await again.add("bob", part(3, "three"), {"sender": "bob"})
    assert (group.text(), group.about) == ("one two three", {"sender": "bob"})


async def test_what_was_complete_when_the_bridge_died_is_shown_under_the_same_name(
    joining: Joining, host: KeepingHost, clock: Clock
) -> None:
    for number in (1, 2):
        await joining.add("bob", part(number, f"{number}"), {})
    (group,) = await joining.add("bob", part(3, "3"), {})
    again = Joining(host, 600.0, clock.seconds)  # type: ignore[arg-type]
    await again.load()
    (same,) = again.due()
    assert (same.id, same.text()) == (group.id, group.text())


async def test_only_so_many_texts_wait_at_once(joining: Joining, host: KeepingHost) -> None:
    for number in range(GROUPS):
        assert await joining.add(f"{number}", part(1, "x"), {}) == []
    (oldest,) = await joining.add("one more", part(1, "x"), {})
    assert oldest.name == "0"
    await joining.forget(oldest)
    assert len(json.loads(host.values["parts"])["groups"]) == GROUPS


def test_what_is_in_another_coding_than_declared_is_shown_as_far_as_it_goes() -> None:
    assert decode("ü".encode("latin-1"), "utf-8") == "\ufffd"
    assert decode(b"\x00", "ucs2") == "\ufffd"
    assert decode("ü".encode("latin-1"), "latin-1") == "ü"
