"""What is said of every kind of setting: our own words, with an example and the unit."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from bridgekit.configuration.faults import Faults
from bridgekit.configuration.yaml_source import parse
from tests.core.config.conftest import MINIMAL, SERVER, Loader, changed, faults_of

_OWN = {"value_error", "assertion_error"}  # whose words are a validator's
# Words of pydantic's own sentences that no operator should have to read.
_LIBRARY_WORDS = ("input", "Input", "valid ", "parse", "instance", "unable", "dictionary")


@pytest.mark.parametrize("kind", sorted(set(get_args(ErrorType)) - _OWN))
def test_no_fault_has_the_words_of_the_settings_library(kind: str) -> None:
    faults = Faults(parse("config.yaml", "a: b"))
    details: Any = {"type": kind, "input": "x", "ctx": {}, "msg": "Input is no valid x", "loc": ()}
    sentence = faults._sentence(details, "")
    assert not any(word in sentence for word in _LIBRARY_WORDS), sentence
    assert "; " in sentence


def test_a_kind_that_an_adapter_makes_up_keeps_its_words() -> None:
    faults = Faults(parse("config.yaml", "a: b"))
    details: Any = {"type": "tower_gone", "input": "x", "msg": "is gone; build another", "loc": ()}
    assert faults._sentence(details, "") == "is gone; build another"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("history: {since: tomorrow}", "since: is no day; write it like 2026-01-31"),
        ("history: {since: 20260131}", "since: is no day; write it like 2026-01-31"),
        ("history: {since: 2026-02-30}", "since: is no day; write it like 2026-01-31"),
        ("history: {since: [2026-01-31]}", "since: is no day; write it like 2026-01-31"),
        ("history: {since: 2999-01-01}", "since: is no day of the past; write the first one"),
        ("history: {since: 1999-12-31}", "since: is no day of the past; write the first one"),
        ("history: {last: many}", "digits only (how many messages a new room begins with)"),
        ("history: {gap: 0}", "write 1 or more (how many missed messages of a chat are read)"),
        ("expire_after: {to_network: soon}", "12 hours or 30 days (a bare number is hours)"),
        ("expire_after: {to_matrix: .nan}", "12 hours or 30 days (a bare number is hours)"),
        ("members: {joins_per_second: fast}", "and a point (how many join in a second)"),
        ("members: {joins_per_second: .inf}", "and a point (how many join in a second)"),
        ("members: {up_front: -1}", "is too small; write 0 or more (how many members"),
        ("space: perhaps", "space: must be true or false"),
        ("directory: private", "is none of the possible values; write 'public' or 'unlisted'"),
        ("links: {chat: a}", "links: must be a list; write [one, two]"),
        ("fallbacks: [edit]", "fallbacks: must hold `key: value` lines"),
    ],
)
def test_every_kind_of_setting_of_a_network_is_refused_in_our_words(
    configured: Loader, line: str, fault: str
) -> None:
    (sentence,) = faults_of(configured, changed(SERVER, f"{SERVER}\n    {line}"))
    assert fault in sentence


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("media: {max_size: huge}", "is no size; write it like 100 MB (a bare number is bytes)"),
        ("media: {max_size: 20 days}", "is no size; write it like 100 MB"),
        ("media: {link_lifetime: 20 MB}", "30 days (a bare number is seconds)"),
        ("media: {keep_exif: 3}", "keep_exif: must be true or false"),
        ("rooms: 12", "rooms: must hold `key: value` lines"),
    ],
)
def test_every_kind_of_setting_of_the_bridge_is_refused_in_our_words(
    configured: Loader, line: str, fault: str
) -> None:
    (sentence,) = faults_of(configured, f"{line}\n{MINIMAL}")
    assert fault in sentence


@pytest.mark.parametrize(
    ("written", "hours"),
    [("90 days", 2160), ("12 hours", 12), ("30 min", 0.5), ("1 week", 168), ("36", 36), (48, 48)],
)
def test_how_long_something_may_wait_is_written_with_or_without_a_unit(
    configured: Loader, written: str | int, hours: float
) -> None:
    text = f"{MINIMAL}    expire_after: {{to_matrix: {written}}}\n"
    (libera,) = configured(text).networks.values()
    assert libera.expire_after.to_matrix == hours


def test_the_first_day_of_the_past_is_kept(configured: Loader) -> None:
    for written in ("2026-01-31", '"2026-01-31"', ""):
        (libera,) = configured(f"{MINIMAL}    history: {{since: {written}}}\n").networks.values()
        assert str(libera.history.since) == (written.strip('"') or "None")


def test_the_library_still_says_what_we_translate() -> None:
    """If it renames a kind, that must not go unnoticed."""
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(int).validate_python("x")
    assert raised.value.errors()[0]["type"] == "int_parsing"
