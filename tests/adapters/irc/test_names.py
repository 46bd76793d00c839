"""Which names IRC takes, and which it takes for the same."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.irc.casemap import CaseMapping, case_mapping, fold
from bridges.irc.nicks import alternatives, is_channel, is_nick, nick_for, user_for
from tests.fuzz.effort import tries

NICK_CHARS = string.ascii_letters + string.digits + "[]^\\{}-`_|"


@pytest.mark.parametrize(
    ("mapping", "name", "folded"),
    [
        ("rfc1459", "[Foo]", "{foo}"),
        ("rfc1459", "{foo}", "{foo}"),
        ("rfc1459", "A\\B~c", "a|b^c"),
        ("rfc1459-strict", "[A]~", "{a}~"),
        ("ascii", "[Foo]", "[foo]"),
        ("ascii", "{foo}", "{foo}"),
        ("ascii", "ÄÖ", "ÄÖ"),
        ("rfc7613", "Foo[", "foo["),
    ],
)
def test_names_fold_as_the_network_says(mapping, name, folded):
    assert fold(name, case_mapping(mapping)) == folded


@tries(100)
@given(st.text(), st.sampled_from(CaseMapping))
def test_folding_twice_changes_nothing_more(name, mapping):
    once = fold(name, mapping)
    assert fold(once, mapping) == once
    assert len(once.encode("utf-8", "surrogatepass")) == len(name.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("name", "localpart", "template", "nick"),
    [
        ("💩wiggleケ", "x", "M-{name}", "M-wiggle"),
        ("💩ケ", "foobar", "M-{name}", "M-foobar"),
        ("💩ケ", "ケ", "M-{name}", None),
        ("-foobar", "x", "{name}", "M-foobar"),
        ("12345", "x", "{name}", "M12345"),
        ("Alice Liddell", "x", "{name}", "AliceLiddell"),
        ("Zoë", "x", "{name}", "Zoe"),
        ("a\r\nQUIT :b", "x", "{name}", "aQUITb"),
        ("bob", "x", "{name}[m]", "bob[m]"),
    ],
)
def test_a_nick_is_made_of_what_irc_takes_of_a_name(name, localpart, template, nick):
    assert nick_for(name, localpart, template) == nick


def test_without_a_limit_from_the_server_a_nick_has_nine_characters():
    assert next(alternatives("a" * 20, 9)) == "a" * 9


def test_taken_nicks_have_the_same_alternatives_every_time():
    assert list(alternatives("wonderland", 9))[:4] == [
        "wonderlan",
        "wonderla_",
        "wonderl_2",
        "wonderl_3",
    ]


@tries(100)
@given(st.text(), st.text(), st.integers(min_value=4, max_value=40))
def test_every_nick_that_is_offered_is_valid(name, localpart, length):
    nick = nick_for(name, localpart)
    for candidate in alternatives(nick, length) if nick else ():
        assert set(candidate) <= set(NICK_CHARS)
        assert candidate[0] not in string.digits + "-"
        assert 0 < len(candidate) <= length
        assert is_nick(candidate)


@pytest.mark.parametrize(
    ("localpart", "user"),
    [("alice", "alice"), ("Alice.B-c=3d", "alice.b-c3"), ("_x", "x"), ("ケ", "matrix")],
)
def test_the_user_name_comes_from_the_localpart(localpart, user):
    assert user_for(localpart) == user


@pytest.mark.parametrize("name", ["#python", "##c++", "#ケ", "#a:b"])
def test_channels_are_recognised(name):
    assert is_channel(name)


@pytest.mark.parametrize(
    "name", ["", "#", "python", "&local", "#a b", "#a,b", "#a\r\nb", "#" * 201, "#\ud83d"]
)
def test_what_is_no_channel_is_not_taken_for_one(name):
    assert not is_channel(name)


@pytest.mark.parametrize("name", ["alice", "[x]`_^{|}\\-", "Zoë", "M-1"])
def test_nicks_are_recognised(name):
    assert is_nick(name)


@pytest.mark.parametrize(
    "name", ["", "#a", "@a", "a b", "a!b", "a,b", "a.b", "a\0", "-a", "a*", "\ud83d"]
)
def test_what_is_no_nick_is_not_taken_for_one(name):
    assert not is_nick(name)
