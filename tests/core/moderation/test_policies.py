"""Policy lists: whom they name, with wildcards, and until when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.ids import RoomID, UserID
from bridgekit.moderation.policies import KINDS, Policies, glob
from tests.fuzz.effort import tries

LIST = RoomID("!list:example.org")
EVIL = UserID("@evil:bad.example")


def rule(entity, subject="user", key="1", recommendation="m.ban", prefix="m.policy.rule."):
    content = {"entity": entity, "recommendation": recommendation, "reason": "spam"}
    return {"type": f"{prefix}{subject}", "state_key": key, "content": content}


def read(*rules):
    policies = Policies()
    policies.read(LIST, rules)
    return policies


@pytest.mark.parametrize(
    "entity",
    ["@evil:bad.example", "@evil:*", "@?vil:bad.example", "*:bad.example", "@e*:*d.ex?mple", "*"],
)
def test_a_rule_names_a_user(entity):
    assert read(rule(entity)).bars(EVIL)


@pytest.mark.parametrize(
    "entity",
    ["@evil", "@evil:bad", "@Evil:bad.example", "@[e]vil:bad.example", "@evil:bad.exampl?e"],
)
def test_a_rule_names_nobody_else(entity):
    assert not read(rule(entity)).bars(EVIL)


def test_a_rule_with_a_bracket_means_the_bracket():
    assert read(rule("@a[b]*:x")).bars(UserID("@a[b]c:x"))
    assert not read(rule("@a[b]*:x")).bars(UserID("@abc:x"))


@pytest.mark.parametrize("entity", ["bad.example", "*.example", "bad.*"])
def test_a_rule_names_a_server_whatever_its_port(entity):
    policies = read(rule(entity, "server"))
    assert policies.bars(EVIL)
    assert policies.bars(UserID("@other:bad.example:8448"))
    assert not policies.bars(UserID("@evil:good.org"))


def test_a_rule_names_a_room():
    policies = read(rule("!cellar:bad.example", "room"))
    assert policies.bars_room("!cellar:bad.example")
    assert not policies.bars_room("!attic:bad.example")
    assert not policies.bars(EVIL)


@pytest.mark.parametrize("prefix", ["m.policy.rule.", "m.room.rule.", "org.matrix.mjolnir.rule."])
def test_older_spellings_count(prefix):
    assert read(rule(EVIL, prefix=prefix, recommendation="org.matrix.mjolnir.ban")).bars(EVIL)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"entity": EVIL},
        {"entity": EVIL, "recommendation": "org.example.watch"},
        {"entity": 5, "recommendation": "m.ban"},
        {"entity": "", "recommendation": "m.ban"},
        {"entity": "*" * 300, "recommendation": "m.ban"},
        {"entity": EVIL, "recommendation": ["m.ban"]},
    ],
)
def test_what_is_no_rule_names_nobody(content):
    policies = read({"type": "m.policy.rule.user", "state_key": "1", "content": content})
    assert not policies.any
    assert not policies.bars(EVIL)


def test_a_rule_that_is_taken_back_names_nobody_any_more():
    policies = read(rule(EVIL))
    policies.changed(LIST, {"type": "m.policy.rule.user", "state_key": "1", "content": {}})
    assert not policies.bars(EVIL)


def test_a_rule_that_is_made_later_counts_at_once():
    policies = read()
    assert not policies.bars(EVIL)
    policies.changed(LIST, rule(EVIL))
    assert policies.bars(EVIL)


def test_a_room_that_is_no_list_of_ours_names_nobody():
    policies = read()
    policies.changed(RoomID("!other:example.org"), rule(EVIL))
    assert not policies.bars(EVIL)


def test_a_rule_with_many_wildcards_takes_no_longer():
    policies = read(rule("@" + "*a" * 100 + ":x"))
    assert not policies.bars(UserID("@" + "a" * 250 + ":y"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@tries(100)
@given(JSON, JSON, JSON, st.sampled_from(sorted(KINDS)))
def test_whatever_stands_in_a_rule_is_read(entity, recommendation, key, kind):
    content = {"entity": entity, "recommendation": recommendation}
    policies = read({"type": kind, "state_key": key, "content": content})
    assert not policies.bars(EVIL) or recommendation in ("m.ban", "org.matrix.mjolnir.ban")


@tries(100)
@given(st.text(alphabet="ab*?[]!-\n", max_size=12), st.text(alphabet="ab[]!-\n", max_size=12))
def test_wildcards_mean_what_they_mean_and_nothing_else_is_special(entity, name):
    pattern = glob(entity)
    matched = entity == name if pattern is None else bool(pattern.fullmatch(name))
    assert matched == _matches(entity, name)


def _matches(entity, name):
    """By the definition, one letter at a time."""
    if not entity:
        return not name
    if entity[0] == "*":
        return any(_matches(entity[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and entity[0] in ("?", name[0]) and _matches(entity[1:], name[1:])
