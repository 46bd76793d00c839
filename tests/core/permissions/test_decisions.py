"""Who may do what, and which line of the configuration says so."""

from __future__ import annotations

from itertools import product

import pytest

from bridgekit.ids import NetworkName, UserID
from bridgekit.permissions.permissions import ALLOW, DENY, Permissions, Rule
from bridgekit.permissions.rights import Level, Right

ALICE = UserID("@alice:example.org")
SMS, IRC = NetworkName("sms"), NetworkName("irc")
BY_SPECIFICITY = Permissions(
    {
        "*": Level.RELAY,
        "example.org": Level.USER,
        "example.org:8448": Level.RELAY,
        "@admin:example.org": Level.ADMIN,
        "@spammer:example.org": Level.BLOCK,
    }
)
# Written out, not computed: what each level may do without a line that says otherwise.
HAS = {
    Level.BLOCK: set(),
    Level.RELAY: {Right.SPEAK},
    Level.USER: {Right.SPEAK, Right.SIGN_IN, Right.LINK, Right.CREATE},
    Level.ADMIN: set(Right),
}


@pytest.mark.parametrize(
    ("user", "level", "rule"),
    [
        ("@admin:example.org", Level.ADMIN, 'permissions["@admin:example.org"]'),
        ("@spammer:example.org", Level.BLOCK, 'permissions["@spammer:example.org"]'),
        ("@alice:example.org", Level.USER, 'permissions["example.org"]'),
        ("@alice:example.org:8448", Level.RELAY, 'permissions["example.org:8448"]'),
        ("@alice:sub.example.org", Level.RELAY, 'permissions["*"]'),
        ("@admin:evil.org", Level.RELAY, 'permissions["*"]'),
        ("@ADMIN:example.org", Level.USER, 'permissions["example.org"]'),
    ],
)
def test_the_most_specific_line_decides_and_is_named(user: str, level: Level, rule: str) -> None:
    assert BY_SPECIFICITY.level(UserID(user)) is level
    assert BY_SPECIFICITY.decide(UserID(user), Right.ADMIN).rule == rule


@pytest.mark.parametrize("rules", [{}, {"example.org": Level.ADMIN}])
def test_who_is_not_covered_is_blocked_and_told_so(rules: dict[str, Level]) -> None:
    stranger = UserID("@alice:other.org")
    decision = Permissions(rules).decide(stranger, Right.SPEAK)
    assert Permissions(rules).level(stranger) is Level.BLOCK
    assert (decision.allowed, decision.rule) == (False, "")
    assert decision.sentence == (
        "You may not speak through this bridge: no line of `permissions` is about you."
    )


def test_levels_are_ordered_by_what_they_allow_not_by_name() -> None:
    assert sorted(Level) == [Level.BLOCK, Level.RELAY, Level.USER, Level.ADMIN]
    assert Level.ADMIN > Level.USER >= Level.USER > Level.RELAY
    assert Level.BLOCK <= Level.RELAY < Level.ADMIN
    assert not Level.ADMIN < Level.RELAY


@pytest.mark.parametrize(("level", "right"), list(product(Level, Right)))
def test_each_level_has_its_rights(level: Level, right: Right) -> None:
    assert Permissions({"*": level}).may(ALICE, right) is (right in HAS[level])


@pytest.mark.parametrize(("level", "right"), list(product(Level, Right)))
def test_a_right_can_be_allowed_and_denied_by_name(level: Level, right: Right) -> None:
    one = frozenset({right})
    allowed = Permissions({"*": Rule(level, allow=one)}).decide(ALICE, right)
    denied = Permissions({"*": Rule(level, allow=one, deny=one)}).decide(ALICE, right)
    assert (allowed.allowed, allowed.rule) == (True, 'permissions["*"].allow')
    assert (denied.allowed, denied.rule) == (False, 'permissions["*"].deny')
    others = set(Right) - one
    rule = Permissions({"*": Rule(level, allow=one)})
    assert {other for other in others if rule.may(ALICE, other)} == HAS[level] - one


def test_what_a_line_says_of_a_network_replaces_it_there() -> None:
    line = Rule(
        Level.USER,
        deny=frozenset({Right.LINK}),
        networks={SMS: Rule(Level.RELAY), IRC: Rule(Level.ADMIN)},
    )
    permissions = Permissions({"*": Level.ADMIN, "example.org": line})
    assert [permissions.level(ALICE, name) for name in (None, SMS, IRC)] == [
        *(Level.USER, Level.RELAY, Level.ADMIN)
    ]
    assert permissions.may(ALICE, Right.LINK, IRC)
    refused = permissions.decide(ALICE, Right.CREATE, SMS)
    assert refused.rule == 'permissions["example.org"].networks.sms'
    assert refused.sentence == (
        "You may not open chats through this bridge: your level is relay "
        '(permissions["example.org"].networks.sms).'
    )


def test_a_command_is_allowed_and_denied_by_its_name() -> None:
    line = Rule(Level.USER, commands={"link": DENY, "audit": ALLOW})
    permissions = Permissions({"*": line})
    link = permissions.command(ALICE, "link", Right.LINK)
    assert (link.allowed, link.rule) == (False, 'permissions["*"].commands.link')
    assert permissions.command(ALICE, "audit", Right.ADMIN).allowed
    assert permissions.command(ALICE, "unlink", Right.LINK).allowed
    assert not permissions.command(ALICE, "drop", Right.ADMIN).allowed


@pytest.mark.parametrize("level", Level)
def test_what_needs_no_right_is_for_all_who_are_not_blocked(level: Level) -> None:
    decision = Permissions({"*": level}).command(ALICE, "help", None)
    assert decision.allowed is (level is not Level.BLOCK)


def test_what_names_no_network_is_for_who_may_it_on_any_unless_it_is_named() -> None:
    on_sms = {SMS: Rule(Level.USER)}
    somewhere = Permissions({"*": Rule(Level.BLOCK, networks=on_sms)}).somewhere
    assert somewhere(ALICE, "puppet-token", Right.SIGN_IN).allowed
    assert not somewhere(ALICE, "brake", Right.ADMIN).allowed
    named = {"puppet-token": DENY}
    line = Rule(Level.BLOCK, commands=named, networks=on_sms)
    refused = Permissions({"*": line}).somewhere(ALICE, "puppet-token", Right.SIGN_IN)
    assert (refused.allowed, refused.rule) == (*(False, 'permissions["*"].commands.puppet-token'),)
    refused = Permissions({"*": Level.RELAY}).somewhere(ALICE, "puppet-token", Right.SIGN_IN)
    assert (refused.allowed, refused.rule) == (False, 'permissions["*"]')
