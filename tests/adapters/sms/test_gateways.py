"""Which gateways there are: ours by their names, others by their modules; and their options."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridgekit import ConfigError
from bridges.sms.gateways import gateway_class
from bridges.sms.provider import Surroundings
from bridges.sms.providers.kannel import Kannel
from bridges.sms.providers.plivo import Plivo
from bridges.sms.providers.telnyx import Telnyx
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import Gateway, settings


def test_a_gateway_of_another_package_is_found_by_its_name() -> None:
    named = ProviderSettings(provider="tests.adapters.sms.office:Gateway")
    assert gateway_class("mine", named) is Gateway
    assert gateway_class("kannel", ProviderSettings()) is Kannel


@pytest.mark.parametrize(
    "wanted", ["carrier-pigeon", "no.such:Module", "bridges.sms:Nothing", "json:JSONDecoder"]
)
def test_a_gateway_that_is_none_is_told_with_what_to_do(wanted: str) -> None:
    with pytest.raises(ConfigError, match=r"providers\.mine"):
        gateway_class("mine", ProviderSettings(provider=wanted))


@pytest.mark.parametrize(
    ("name", "options"),
    [("twilio", {"intervall": "1"}), ("smpp", {"window": "many"}), ("kannel", {"x": "1"})],
)
def test_an_option_that_is_none_is_told(name: str, options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=rf"providers\.{name}\.options\.{next(iter(options))}"):
        gateway_class(name, ProviderSettings(options=options))
    good = {"interval": "60"} if name != "kannel" else {}
    assert gateway_class(name, ProviderSettings(options=good))


@pytest.mark.parametrize("kind", [Telnyx, Plivo])
def test_who_is_to_have_a_gateway_call_us_says_for_what(kind: type[Any]) -> None:
    around: Any = None
    options = {"set_hook": "yes"}
    with pytest.raises(ConfigError, match="needs `service`"):
        kind(ProviderSettings(options=options), Surroundings(around, "", around, around))
    settled = ProviderSettings(options=options, service="one")
    assert kind(settled, Surroundings(around, "", around, around))


@pytest.mark.parametrize("name", ["my gateway", "a/b", "a:b", "a|b", "{x}", ""])
def test_a_gateway_has_a_name_that_can_stand_in_an_address(name: str) -> None:
    with pytest.raises(ValidationError, match="letters, digits"):
        settings(providers={name: ProviderSettings()})
    assert settings(providers={"my-gateway_2": ProviderSettings()})


@pytest.mark.parametrize("word", ["two words", "a/b", "a#b", "a?b", "100%"])
def test_a_word_in_an_address_can_stand_there(word: str) -> None:
    """Else every call of the gateway would be refused, and nobody would know why."""
    with pytest.raises(ValidationError, match="stands in an address"):
        ProviderSettings.model_validate({"token": word})
    assert ProviderSettings.model_validate({"token": "a-Long_random.w0rd"})


def test_an_option_may_be_written_as_a_number() -> None:
    """As YAML reads it without quotes."""
    account = ProviderSettings.model_validate({"options": {"window": 5, "interval": 0.5}})
    assert account.options == {"window": "5", "interval": "0.5"}
    assert gateway_class("smpp", account)
