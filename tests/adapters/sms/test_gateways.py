"""Which gateways there are: ours by their names, others by their modules; and their options."""

from __future__ import annotations

import pytest

from bridgekit import ConfigError
from bridges.sms.gateways import gateway_class
from bridges.sms.providers.kannel import Kannel
from bridges.sms.settings import ProviderSettings
from tests.adapters.sms.office import Gateway


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
