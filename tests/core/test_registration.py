"""The registration that belongs to a configuration, and what is wrong with one that does not."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bridgekit import Adapter, ConfigError, Login, Manifest
from bridgekit.configuration.config import Config
from bridgekit.configuration.config import load as load_config
from bridgekit.configuration.registration import build
from bridgekit.configuration.registration_check import compare, load
from bridgekit.configuration.yaml_source import parse

EXAMPLE = Path(__file__).parents[2] / "registration" / "example.yaml"
CONFIG = """
homeserver: {url: http://localhost:8008, domain: example.org}
appservice:
  url: http://localhost:29300
  as_token: as-token-example-replace-with-a-random-one
  hs_token: hs-token-example-replace-with-a-random-one
permissions: {"example.org": user}
networks:
  libera: {adapter: irc}
  oftc: {adapter: irc}
"""


class Nothing(BaseModel):
    pass


class IRC(Adapter[Nothing]):
    manifest = Manifest("irc", "IRC", Nothing)

    def connect(self, login: Login) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(login)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return load_config(path, {}, {"irc": IRC})


@pytest.fixture
def faults(config: Config) -> Callable[[str, str], list[str]]:
    """The faults of the right registration after one text in it was replaced by another."""

    def compare_changed(old: str, new: str) -> list[str]:
        text = build(config).to_yaml()
        assert old in text
        return compare(config, parse("registration.yaml", text.replace(old, new)))

    return compare_changed


def test_the_example_is_what_a_configuration_gives(config: Config) -> None:
    text = build(config).to_yaml()
    if os.environ.get("BRIDGEKIT_REGENERATE") == "1":
        EXAMPLE.write_text(text)
    assert EXAMPLE.read_text() == text, "run this test with BRIDGEKIT_REGENERATE=1"


def test_the_example_fits_its_configuration(config: Config) -> None:
    assert compare(config, load(EXAMPLE)) == []


def test_the_yaml_says_the_same_to_a_reader_of_yaml(config: Config) -> None:
    registration = build(config)
    assert parse("registration.yaml", registration.to_yaml()).data == registration.fields()


def test_tokens_do_not_show_in_what_is_logged(config: Config) -> None:
    assert "token-example" not in repr(build(config))
    assert "token-example" not in repr(config)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("'as-token-ex", "'other-as-token-ex", ["yaml:6:11 as_token: is not the one of the conf"]),
        ("'hs-token-ex", "'other-hs-token-ex", ["hs_token: is not the one", "registration "]),
        ("as_token: 'as", "as_tokn: 'as", ["as_token: is missing", "did you mean as_token?"]),
        ("'http://localhost:29300'", "http://bridge:1", ["url: is not", "http://localhost:29300"]),
        ("'http://localhost:29300'", "http://localhost:29300/", ["url: ends with a slash"]),
        ("'http://localhost:29300'", "", ["url: is empty, so the homeserver never sends"]),
        ("hs_token: 'hs-token-example-replace-with-a-random-one'", "hs_token: 12", ["is no text"]),
        ("'bridgebot'", "'robot'", ["sender_localpart: is not", "write bridgebot"]),
        ("id: 'bridgekit'", "id: 'other'", ["id: is not what the configuration says"]),
        ("rate_limited: false", "rate_limited: 'false'", ["rate_limited: must be false, without"]),
        ("receive_ephemeral", "recieve_ephemeral", ["did you mean receive_ephemeral?"]),
        ("receive_ephemeral: true\nde.sorunome.msc2409.push_ephemeral: true", "", ["no typing"]),
        ("_ephemeral: true", "_ephemeral: 'true'", ["without quotes", "no receipts"]),
        ("  - 'irc'\n", "  - 'other'\n", ["protocols", "lacks irc"]),
        (r"^@libera_.+:example\.org", r"^@libera_.+:example\.com", ["not claim @libera_alice:ex"]),
        (r"^@libera_.+:", r"^@libera_[0-9]+:", ["users: does not claim @libera_alice:example.org"]),
        (
            r"^@libera_.+:",
            r"^@libera_[a-z0-9]+:",
            ["does not claim @libera__alice___b:example.org"],
        ),
        (r"'^@oftc_.+:example\.org$'", "'@.*'", ["also claims @alice:example.org"]),
        (r"'^@oftc_.+:example\.org$'", "'@oftc_.+'", ["also claims", ":other.example"]),
        (r"'^@oftc_.+:example\.org$'", "'@oftc_[a'", ["is no regular expression"]),
        (r"'^@oftc_.+:example\.org$'", "'^@(?=oftc_).+$'", ["looks around or back"]),
        (r"^@bridgebot:", "^@bridgebotx:", ["does not claim @bridgebot:example.org"]),
        (r"^#oftc_.+:", "^#oftc-.+:", ["aliases: does not claim #oftc_#chat:example.org"]),
        (r"^#_bridgekit_", "^#_other_", ["does not claim #_bridgekit_bridgekit_"]),
        (
            "exclusive: true\n      regex: '^@oftc",
            "exclusive: yes\n      regex: '^@oftc",
            ["is not exc"],
        ),
        ("regex: '^#oftc", "regx: '^#oftc", ["has no regex"]),
        ("rooms: []", "rooms: [{regex: '!.*', exclusive: false}]", ["rooms that are not ours"]),
        ("namespaces:", "namespace:", ["namespaces: must hold users, aliases and rooms"]),
    ],
)
def test_a_registration_that_does_not_fit_says_where_and_what_to_do(
    faults: Callable[[str, str], list[str]], old: str, new: str, words: list[str]
) -> None:
    found = faults(old, new)
    text = "\n".join(found)
    for word in words:
        assert word in text
    assert all(line.startswith("registration.yaml:") and "; " in line for line in found)
    assert "token-example" not in text


def test_every_fault_is_found_at_once(config: Config) -> None:
    text = build(config).to_yaml()
    for old, new in [
        ("'as-token-", "'x-"),
        ("'hs-token-", "'y-"),
        ("bridgebot'", "robot'"),
        ("false", "true"),
    ]:
        text = text.replace(old, new)
    assert len(compare(config, parse("registration.yaml", text))) == 4


def test_the_configuration_given_as_registration_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    with pytest.raises(ConfigError, match="this is the bridge's configuration"):
        load(path)


@pytest.mark.parametrize(
    "text", ["{}", "namespaces: []", "namespaces: {users: x, aliases: [1], rooms: {}}", "url: [1]"]
)
def test_any_mapping_can_be_compared(config: Config, text: str) -> None:
    assert compare(config, parse("registration.yaml", text))
