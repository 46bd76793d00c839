"""What the adapter tells without a connection, and what an operator can get wrong."""

import pytest
from pydantic import ValidationError

from bridgekit import (
    Adapter,
    Chat,
    Person,
    SupportsAutomaticLogin,
    SupportsDoctor,
    SupportsNames,
    SupportsOwnLogins,
)
from bridges.irc.config import IRCConfig


def test_it_declares_what_it_can_do(adapter_on):
    adapter = adapter_on(6667)
    assert adapter.manifest.name == "irc"
    for ability in (
        Adapter,
        SupportsAutomaticLogin,
        SupportsDoctor,
        SupportsNames,
        SupportsOwnLogins,
    ):
        assert isinstance(adapter, ability)


def test_channels_and_people_are_found_by_any_spelling(adapter_on):
    adapter = adapter_on(6667)
    assert adapter.chat_named("#Python[3]") == Chat("#python{3}")
    assert adapter.chat_named("python") is None
    assert adapter.user_named("Bob[x]") == "bob{x}"
    assert adapter.user_named("#python") is None
    assert adapter.private_chat("bob{x}") == Chat("bob{x}", private=True)


async def test_how_names_compare_is_known_again_after_a_restart(adapter_on, host):
    host.saved = {"case_mapping": "ascii", "nick_length": "30"}
    adapter = adapter_on(6667)
    async with adapter.lifespan():
        assert adapter.chat_named("#Python[3]") == Chat("#python[3]")


def test_a_person_gets_a_nick_a_user_name_and_a_real_name(adapter_on):
    adapter = adapter_on(6667, puppet_nick="{name}[m]")
    person = Person("@alice:example.org", "Alice Liddell\r\n🐇", "alice")
    credentials = adapter.automatic_login(person)
    assert credentials == {
        "name": "Alice Liddell\r\n🐇",
        "localpart": "alice",
        "username": "alice",
        "realname": "Alice Liddell 🐇",
    }
    assert adapter._identities.nick(credentials) == "AliceLiddell[m]"


def test_a_person_without_a_usable_name_is_relayed(adapter_on):
    assert adapter_on(6667).automatic_login(Person("@x:y", "ケ", "ケ")) is None


def test_the_bot_signs_in_with_what_is_configured(adapter_on):
    adapter = adapter_on(6667, nick="bee", sasl={"username": "acct", "password": "secret"})
    assert adapter.own_logins() == {
        "bot": {
            "nick": "bee",
            "username": "bridgekit",
            "realname": "A bridge to Matrix",
            "account": "acct",
            "secret": "secret",
            "mechanism": "auto",
        }
    }


def test_the_defaults_are_safe():
    config = IRCConfig(host="irc.example.org")
    assert config.address == ("irc.example.org", 6697)
    assert (config.tls, config.tls_verify) == (True, True)
    assert (config.idle_after, config.max_lines) == (48 * 3600, 20)
    assert IRCConfig(host="h", tls=False).address == ("h", 6667)


def test_secrets_are_not_shown():
    config = IRCConfig(host="h", password="geheim", keys={"#c": "geheim"})
    assert "geheim" not in repr(config)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "host"),
        ({"host": "two words"}, "one word"),
        ({"host": "h", "prot": 6667}, "prot"),
        ({"host": "h", "port": 70000}, "port"),
        ({"host": "h", "nick": "1st"}, "not a nick"),
        ({"host": "h", "nick": "a b"}, "not a nick"),
        ({"host": "h", "realname": "a\r\nQUIT"}, "one line"),
        ({"host": "h", "password": "a\nb"}, "one line"),
        ({"host": "h", "sasl": {"username": "x"}}, "password"),
        ({"host": "h", "keys": {"ops": "x"}}, "write it with its #"),
        ({"host": "h", "keys": {"#ops": "a,b"}}, "one word"),
        ({"host": "h", "puppet_nick": "fixed"}, "must hold {name} once"),
        ({"host": "h", "ca_file": "/nowhere/ca.pem"}, "there is no file"),
        ({"host": "h", "max_lines": 0}, "max_lines"),
        ({"host": "h", "flood": {"rate": 0}}, "rate"),
    ],
)
def test_a_mistake_is_named(settings, words):
    with pytest.raises(ValidationError) as error:
        IRCConfig.model_validate(settings)
    assert words in str(error.value)
    assert "a\nb" not in str(error.value)
