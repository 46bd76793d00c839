"""Secrets at rest: only the keys of the configuration open them, and only in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridgekit.configuration.settings import AppserviceSettings
from bridgekit.sealing import Sealing, Unreadable, is_sealed

TOKEN = "xoxp-the-token"


def settings(**given: object) -> AppserviceSettings:
    tokens = {"as_token": SecretStr("as-token"), "hs_token": SecretStr("hs-token")}
    return AppserviceSettings(url="http://localhost:29300", **{**tokens, **given})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_comes_out_again(text: str) -> None:
    sealing = Sealing([b"key"])
    sealed = sealing.seal(text, "login:a")
    assert is_sealed(sealed)
    assert sealing.open(sealed, "login:a") == text


def test_nothing_of_it_is_to_be_seen_and_no_two_look_the_same() -> None:
    sealing = Sealing([b"key"])
    first, second = (sealing.seal(TOKEN, "login:a") for _ in range(2))
    assert TOKEN not in first
    assert first != second
    assert first.startswith(sealing.present)


def test_it_cannot_be_moved_to_another_row() -> None:
    sealing = Sealing([b"key"])
    with pytest.raises(Unreadable, match="damaged"):
        sealing.open(sealing.seal(TOKEN, "login:a"), "login:b")


def test_an_old_key_opens_what_the_present_one_does_not() -> None:
    old = Sealing([b"old"]).seal(TOKEN, "login:a")
    assert Sealing([b"new", b"old"]).open(old, "login:a") == TOKEN
    with pytest.raises(Unreadable, match="old_encryption_keys"):
        Sealing([b"new"]).open(old, "login:a")


@pytest.mark.parametrize("cut", ["", "?", "AAAA"])
def test_what_is_damaged_is_said_to_be(cut: str) -> None:
    sealing = Sealing([b"key"])
    with pytest.raises(Unreadable, match="damaged"):
        sealing.open(f"{sealing.present}{cut}", "login:a")


def test_what_was_stored_in_clear_is_handed_back() -> None:
    assert Sealing([b"key"]).open('{"token": "x"}', "login:a") == '{"token": "x"}'


def test_without_a_key_of_its_own_it_is_sealed_with_what_signs() -> None:
    sealed = Sealing(settings().sealing_keys).seal(TOKEN, "login:a")
    of_its_own = settings(encryption_key=SecretStr("fresh"))
    assert Sealing(of_its_own.sealing_keys).open(sealed, "login:a") == TOKEN


@pytest.mark.parametrize("before", [{"encryption_key": "k"}, {"secret": "k"}, {"as_token": "k"}])
def test_whatever_the_key_came_from_opens_it_once_it_is_an_old_one(before: dict[str, str]) -> None:
    was = settings(**{name: SecretStr(value) for name, value in before.items()})
    now = settings(encryption_key=SecretStr("new"), old_encryption_keys=(SecretStr("k"),))
    sealed = Sealing(was.sealing_keys).seal(TOKEN, "login:a")
    assert Sealing(now.sealing_keys).open(sealed, "login:a") == TOKEN
    assert not Sealing(now.sealing_keys).seal(TOKEN, "login:a").startswith(sealed[:17])
