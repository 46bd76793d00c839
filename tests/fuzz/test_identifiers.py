"""Names of either side: what we make of them is ours, is valid, and leads back."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.namespaces import ChatName, Namespaces, Overflow, RemoteUser
from bridges.irc.casemap import CaseMapping, fold
from bridges.irc.nicks import alternatives, is_channel, is_nick, nick_for, user_for
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

LOOP = NetworkName("loop")
SPACES = Namespaces("example.org", "bridgebot", "bridgekit", frozenset({LOOP, NetworkName("l-2")}))
# Spec appendix "User identifiers": what a localpart may hold.
LOCALPART = re.compile(r"@[a-z0-9._=/+-]+:example\.org")
NAMES = (
    TEXT
    | st.builds(
        lambda start, rest: f"{start}{rest}", st.sampled_from(["@loop_", "#loop_", "@"]), TEXT
    )
    | st.builds(
        lambda sigil, middle, domain: f"{sigil}loop_{middle}:{domain}",
        st.sampled_from("@#!"),
        st.text("=_-abz09.:/+ A", max_size=40) | TEXT,
        st.sampled_from(["example.org", "example.org:443", "other.org", ""]),
    )
)


@tries(120)
@given(TEXT, TEXT)
@example("_", "")
@example("_a", "A")
@example("=41", "A")
def test_a_ghost_has_one_valid_name_that_leads_back_and_nobody_elses(one: str, other: str) -> None:
    mxid = SPACES.ghost(LOOP, RemoteUserID(one))
    assert len(mxid.encode()) <= 255
    assert LOCALPART.fullmatch(mxid)
    assert SPACES.is_ours(mxid)
    assert any(re.search(regex, mxid) for regex in SPACES.user_regexes())
    found = SPACES.remote_user(mxid)
    assert isinstance(found, Overflow) or found == RemoteUser(LOOP, RemoteUserID(one))
    assert (SPACES.ghost(LOOP, RemoteUserID(other)) == mxid) == (one == other)


@tries(120)
@given(TEXT)
def test_the_alias_of_a_chat_is_valid_and_leads_back(name: str) -> None:
    alias = SPACES.alias(LOOP, name)
    if alias is None:
        return
    assert len(alias.encode()) <= 255
    assert SPACES.alias_name(alias) == ChatName(LOOP, name)
    assert any(re.search(regex, alias) for regex in SPACES.alias_regexes())
    assert not set(alias) & set("\0\n\r\t ")


@tries(120)
@given(NAMES)
def test_any_name_is_read_and_one_that_is_ours_is_spelt_as_we_spell_it(name: str) -> None:
    user = SPACES.remote_user(name)
    if isinstance(user, RemoteUser):
        assert SPACES.ghost(user.network, user.user) == name
    chat = SPACES.alias_name(name)
    if chat is not None:
        assert SPACES.alias(chat.network, chat.name) in (name, None)


@tries(120)
@given(TEXT, st.sampled_from(CaseMapping))
def test_folding_is_final_and_keeps_the_length(name: str, mapping: CaseMapping) -> None:
    folded = fold(name, mapping)
    assert fold(folded, mapping) == folded
    assert len(folded) == len(name)


@tries(120)
@given(TEXT, TEXT, st.sampled_from(["{name}", "{name}|m", "-{name}", "x"]), st.integers(3, 40))
@example("-9", "0", "{name}", 3)
def test_whoever_is_on_matrix_gets_a_nick_that_irc_takes(
    name: str, localpart: str, template: str, length: int
) -> None:
    nick = nick_for(name, localpart, template)
    assert re.fullmatch(r"[a-z0-9._-]{1,10}", user_for(localpart))
    for one in [] if nick is None else alternatives(nick, length):
        assert is_nick(one)
        assert len(one) <= max(length, len(one[:length]))
        assert not one[0].isdigit()


@tries(120)
@given(TEXT)
def test_no_name_that_irc_could_not_carry_is_taken_for_one(name: str) -> None:
    for known in (is_nick(name), is_channel(f"#{name}")):
        assert not known or not set(name) & set("\r\n\0 ,\x07"[:5])
