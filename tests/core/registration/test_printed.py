"""The registration that belongs to a configuration, as it is printed."""

from __future__ import annotations

import os
from pathlib import Path

from bridgekit.configuration.config import Config
from bridgekit.configuration.config import load as load_config
from bridgekit.configuration.registration import build
from bridgekit.configuration.yaml_source import parse
from bridgekit.registration.belonging import compare
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.steps import Kind, kind_named, steps
from tests.core.registration.conftest import AS_TOKEN, CONFIG, HS_TOKEN, IRC, registered, written

EXAMPLE = Path(__file__).parents[3] / "registration" / "example.yaml"


def test_the_example_is_what_a_configuration_gives(tmp_path: Path) -> None:
    text = CONFIG.replace(AS_TOKEN, "as-token-example-replace-with-a-random-one")
    text = text.replace(HS_TOKEN, "hs-token-example-replace-with-a-random-one")
    config = load_config(written(tmp_path / "config.yaml", text), {}, {"irc": IRC})
    printed = build(config).to_yaml()
    if os.environ.get("BRIDGEKIT_REGENERATE") == "1":
        EXAMPLE.write_text(printed)
    assert EXAMPLE.read_text() == printed, "run this test with BRIDGEKIT_REGENERATE=1"


def test_what_is_printed_belongs_to_the_configuration(
    config: Config, tmp_path: Path, oracle: Oracle
) -> None:
    path = written(tmp_path / "registration.yaml", build(config).to_yaml())
    assert compare(config, registered(path), oracle) == []


def test_the_yaml_says_the_same_to_a_reader_of_yaml(config: Config) -> None:
    registration = build(config)
    assert parse("registration.yaml", registration.to_yaml()).data == registration.fields()


def test_tokens_do_not_show_in_what_is_logged(config: Config) -> None:
    assert AS_TOKEN not in repr(build(config))
    assert AS_TOKEN not in repr(config)


def test_while_tokens_are_changed_the_next_are_printed_and_either_is_right(
    tmp_path: Path, oracle: Oracle, config: Config
) -> None:
    path = written(tmp_path / "registration.yaml", build(config).to_yaml())
    lines = f"  as_token_next: {'n1' * 16}\n  hs_token_next: {'m2' * 16}\n"
    text = CONFIG.replace("permissions", f"{lines}permissions")
    changing = load_config(written(tmp_path / "next.yaml", text), {}, {"irc": IRC})
    assert build(changing).as_token == "n1" * 16
    after = written(tmp_path / "after.yaml", build(changing).to_yaml())
    for file in (path, after):
        found = compare(changing, registered(file), oracle)
        assert {one.id for one in found} <= {"weak-token"}


def test_the_steps_name_the_file_and_are_of_the_kind_that_was_asked_for() -> None:
    synapse = steps(Kind.SYNAPSE, "registration.yaml", "bridgekit", "example.org")
    assert "-m 0640 registration.yaml /etc/matrix-synapse/appservices/bridgekit.yaml" in synapse
    assert "app_service_config_files:\n       - /etc/matrix-synapse/appservices/" in synapse
    assert "config_files:" in steps(Kind.DENDRITE, "r.yaml", "bridgekit", "example.org")
    conduit = steps(Kind.CONDUIT, "r.yaml", "bridgekit", "example.org")
    assert "@conduit:example.org: register-appservice" in conduit
    for kind in (Kind.CONTINUWUITY, Kind.TUWUNEL):
        assert "!admin appservices register" in steps(kind, "r.yaml", "bridgekit", "example.org")


def test_homeservers_are_told_apart_by_the_name_that_they_give_themselves() -> None:
    names = ("Synapse", "Dendrite", "Conduit", "conduwuit", "continuwuity", "Tuwunel", "Other")
    assert [kind_named(name) for name in names] == [
        Kind.SYNAPSE,
        Kind.DENDRITE,
        Kind.CONDUIT,
        Kind.CONTINUWUITY,
        Kind.CONTINUWUITY,
        Kind.TUWUNEL,
        None,
    ]
