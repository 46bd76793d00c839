"""How everything that is wrong with a configuration is said."""

import pytest

from tests.core.config.conftest import (
    HOMESERVER,
    SERVER,
    Loader,
    changed,
    faults_of,
)

TEN = """\
homeserver: {url: localhost, domain: http://example.org}
appservice:
  url: http://localhost:29300
  lissten: 127.0.0.1:29300
  as_token: …
  hs_token: 12345
permissions: {"example.org": usr}
networks:
  libera:
    adapter: irc
    server: irc.example.net
    port: ninety
    paswword: hunter2
    links: [{chat: "#a", direction: sideways}]
  Sms_: {adapter: irc, server: x}
"""


def test_a_configuration_with_ten_faults_lists_ten(configured: Loader) -> None:
    assert faults_of(configured, TEN) == [
        "config.yaml:1:19 homeserver.url: is no web address; write it like http://localhost:8008",
        (
            "config.yaml:1:38 homeserver.domain: must be the name after the colon in its users' "
            "IDs; leave out http://"
        ),
        "config.yaml:4:3 appservice.lissten: is no known key; did you mean listen?",
        (
            "config.yaml:5:13 appservice.as_token: still holds the placeholder; put the real value "
            "there"
        ),
        (
            "config.yaml:6:13 appservice.hs_token: is read as a number or a yes/no, not as text; "
            "put it in quotes"
        ),
        (
            'config.yaml:7:30 permissions["example.org"]: is none of the possible values; write '
            "'block', 'relay', 'user' or 'admin'"
        ),
        "config.yaml:12:11 networks.libera.port: must be a whole number; write digits only",
        "config.yaml:13:5 networks.libera.paswword: is no known key; did you mean password?",
        (
            "config.yaml:14:37 networks.libera.links[0].direction: is none of the possible values; "
            "write 'both', 'to_matrix' or 'to_network'"
        ),
        (
            "config.yaml:15:3 networks.Sms_: is no name for a network; use a-z, 0-9 and -, no "
            "capitals, no _"
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("url: http://localhost:8008", "url: http://u:pw@h", "1:19 homeserver.url: has more than"),
        ("url: http://localhost:8008", "url: http://h:99999", "homeserver.url: has a port that is"),
        ("url: http://localhost:8008", "url: http://h/_matrix", "leave out /_matrix"),
        ("domain: example.org", 'domain: "@me:x"', "homeserver.domain: is no server name"),
        (
            ", domain: example.org",
            "",
            "1:1 homeserver.domain: is missing; add it: the homeserver's",
        ),
        (HOMESERVER, "", "homeserver: is miss"),
        (HOMESERVER, "homeserver:", "is empty"),
        (HOMESERVER, "homeserver: x", "must hold"),
        ("as_token: as-secret", 'as_token: ""', "appservice.as_token: is empty"),
        ("as_token: as-secret", 'as_token: "a b"', "appservice.as_token: must be ASCII without"),
        ("as_token: as-secret", "as_token: CHANGE ME", "still holds the placeholder"),
        ("as_token: as-secret", "as_token: generate", "still holds the placeholder"),
        ("as_token: as-secret", "as_token: hs-secret", "5:13 appservice.hs_token: is the same as"),
        ("as_token: as-secret", "as_token: [a]", "must be a single text"),
        ("hs_token: hs-secret", "bot: '@b:example.org'\n  hs_token: x", "write bridgebot, not"),
        ("hs_token: hs-secret", "bot: Bot\n  hs_token: x", "a user ID cannot have"),
        (
            "hs_token: hs-secret",
            "bot: libera_bot\n  hs_token: x",
            "is in the namespace of the netw",
        ),
        ("hs_token: hs-secret", "id: a|b\n  hs_token: x", "appservice.id: has characters"),
        ("hs_token: hs-secret", "listen: 29300\n  hs_token: x", "is no address to listen on"),
        ("hs_token: hs-secret", "listen: 'h:0'\n  hs_token: x", "is no address to listen on"),
        ("hs_token: hs-secret", "public_url: x\n  hs_token: x", "public_url: is no web address"),
        ("permissions:", "database: mysql://x\npermissions:", "6:11 database: is no database"),
        ("permissions:", "database: 'sqlite:///:memory:'\npermissions:", "is no database"),
        ('"*": relay', '"@x*": relay', 'permissions["@x*"]: covers nobody'),
        ('{"*": relay, "example.org": user, "@admin:example.org": admin}', "{}", "too few entries"),
        (
            "adapter: irc",
            "adapter: ircc",
            "9:14 networks.libera.adapter: is not installed (install",
        ),
        ("adapter: irc", "adapter: ircc", "did you mean irc?"),
        ("    adapter: irc\n", "", "8:3 networks.libera: is the name of no installed adapter"),
        ("adapter: irc", "adapter: broken", "cannot be used: The adapter broken is broken."),
        ("adapter: irc", "adapter: 5", "networks.libera.adapter: is read as a number"),
        ("libera:", "Libera_2:", "networks.Libera_2: is no name for a network"),
        ("libera:", "12:", "networks.12: is a key that is no text; put it in quotes"),
        ("libera:", f"{'x' * 250}:", "is too long for this domain"),
        (SERVER, "server: a b", "must be a host name; leave out the spaces"),
        (SERVER, "server: x\n    port: 0", "port: is too small; write 1 or more"),
        (SERVER, "server: x\n    port: 1.5", "must be a whole number"),
        (SERVER, "server: x\n    tls: perhaps", "must be true or false"),
        (SERVER, "server: x\n    channels: a", "channels: must be a list"),
        (SERVER, "server: x\n    modes: a", "modes: must hold `key: value` lines"),
        (SERVER, "server: x\n    sasl: {usr: a}", "sasl.usr: is no known key; did"),
        (SERVER, "server: x\n    sasl: {}", "sasl.user: is missing; add it: the acc"),
        (SERVER, "server: x\n    proxies: {a: {usr: b}}", "proxies.a.usr: is no kn"),
        (SERVER, "server: x\n    links: x", "links: must be a list"),
        (SERVER, "server: x\n    links: [x]", "links[0]: must hold `key: value`"),
        (SERVER, "server: x\n    links: [{chat: }]", "links[0].chat: is empty; add"),
        (SERVER, "server: x\n    links: [{chat: a, room: b}]", "room: is no room"),
        (SERVER, "server: x\n    links: [{chat: a}, {chat: a}]", "by links[0] alr"),
        (SERVER, "server: x\n    server: y", "server: stands in lines 10 and 11"),
        ("networks:", "networks: x\nnetwork:", "networks: must hold `key: value` lines"),
    ],
)
def test_a_fault_says_where_it_is_what_is_wrong_and_what_to_do(
    configured: Loader, old: str, new: str, sentence: str
) -> None:
    faults = faults_of(configured, changed(old, new))
    assert any(sentence in fault for fault in faults), faults
    assert all("; " in fault or fault.endswith("broken.") for fault in faults)


def test_a_registration_given_as_configuration_is_recognised(configured: Loader) -> None:
    (fault,) = faults_of(configured, "id: x\nsender_localpart: bot")
    assert "this is a registration" in fault
    assert "; give the bridge's own configuration" in fault
