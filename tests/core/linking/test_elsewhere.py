"""What other bridges say of a room, in whatever shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import ChatID, UserID
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.elsewhere import OtherBridge, other_bridges
from tests.fuzz.effort import tries

BOT = UserID("@bridgebot:example.org")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
PARTS = st.sampled_from(["bridgebot", "protocol", "network", "channel", "id"])


def info(**content):
    return {"type": KINDS[0], "sender": "@other:example.org", "content": content}


@tries(100)
@given(st.dictionaries(PARTS, JSON | st.dictionaries(PARTS, JSON)))
def test_whatever_another_bridge_says_is_read(content):
    for one in other_bridges([{"type": KINDS[1], "content": content}], BOT):
        assert one.described.isprintable()
        assert one.may_be("irc", ChatID("#room")) in (True, False)


def test_our_own_words_and_empty_ones_are_not_others():
    ours = {"type": KINDS[0], "sender": BOT, "content": {"channel": {"id": "#room"}}}
    named = info(bridgebot=BOT, channel={"id": "#room"})
    assert other_bridges([ours, named, info(), {"type": "m.room.name", "content": {}}], BOT) == []


def test_both_spellings_of_one_bridge_are_one():
    said = info(channel={"id": "#room"}, bridgebot="@b:x")
    assert len(other_bridges([said, said | {"type": KINDS[1]}], BOT)) == 1


@pytest.mark.parametrize(
    ("theirs", "same"),
    [("Libera.Chat", True), ("irc.libera.chat", True), ("", True), ("OFTC", False)],
)
def test_a_network_goes_by_several_names(theirs, same):
    other = OtherBridge("@b:x", "irc", theirs, "#Python")
    assert other.may_be("IRC", ChatID("#python"))
    assert other.is_on(("libera", "libera.chat")) is same


def test_escape_sequences_reach_nobody():
    other = OtherBridge("@b:x", "irc", "net\x1b[2J", "#a\nb")
    assert other.described.isprintable()
