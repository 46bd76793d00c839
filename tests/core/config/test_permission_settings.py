"""`permissions`: a level, or a level and what differs from it."""

from __future__ import annotations

import pytest

from bridgekit.permissions.permissions import ALLOW, DENY, Rule
from bridgekit.permissions.rights import Level, Right
from tests.core.config.conftest import MINIMAL, Loader, changed, faults_of

OLD = 'permissions: {"*": relay, "example.org": user, "@admin:example.org": admin}\n'


def test_a_line_may_say_what_differs_from_its_level(configured: Loader) -> None:
    assert OLD in MINIMAL
    line = """\
permissions:
  "*": relay
  "example.org":
    level: user
    allow: [manage_relay]
    deny: [create]
    commands: {link: deny, audit: allow}
    networks: {sms: relay, libera: {level: admin, deny: [admin]}}
"""
    config = configured(changed(OLD, line))
    assert config.permissions == {
        "*": Rule(Level.RELAY),
        "example.org": Rule(
            Level.USER,
            allow=frozenset({Right.MANAGE_RELAY}),
            deny=frozenset({Right.CREATE}),
            commands={"link": DENY, "audit": ALLOW},
            networks={
                "sms": Rule(Level.RELAY),
                "libera": Rule(Level.ADMIN, deny=frozenset({Right.ADMIN})),
            },
        ),
    }


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"*": 5}', "is none of the possible values"),
        ('{"*": }', "is empty"),
        ('{"*": {allow: [link]}}', 'permissions["*"].level: is missing; add it: block, relay'),
        ('{"*": {level: user, alow: [link]}}', "is no known key; did you mean allow?"),
        ('{"*": {level: user, allow: [plumb]}}', "write 'speak', 'sign_in', 'link'"),
        ('{"*": {level: user, deny: link}}', "must be a list"),
        ('{"*": {level: user, commands: {link: no}}}', "write 'allow' or 'deny'"),
        ('{"*": {level: user, networks: {sms: all}}}', 'permissions["*"].networks.sms: is none'),
        ('{"*": {level: user, networks: {sms: {level: user, networks: {}}}}}', "is no known key"),
        ("{}", "has too few entries"),
    ],
)
def test_a_wrong_line_is_said_at_its_place(configured: Loader, line: str, fault: str) -> None:
    (sentence,) = faults_of(configured, changed(OLD, f"permissions: {line}\n"))
    assert fault in sentence, sentence


def test_the_prefix_of_commands_can_be_chosen(configured: Loader) -> None:
    assert configured(MINIMAL).commands.prefix == "!bridge"
    assert configured(MINIMAL + 'commands: {prefix: "!irc"}\n').commands.prefix == "!irc"
    (fault,) = faults_of(configured, MINIMAL + 'commands: {prefix: "a b"}\n')
    assert "must be one word of 2 to 20 characters" in fault
