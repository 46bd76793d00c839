"""Which class a configured gateway is: one of ours by its name, or any that can be imported."""

from __future__ import annotations

import re
from importlib import import_module

from bridgekit import ConfigError
from bridges.sms.provider import Provider
from bridges.sms.settings import ProviderSettings

OURS = {
    "android": "bridges.sms.providers.android:AndroidGateway",
    "gammu": "bridges.sms.providers.gammu:Gammu",
    "kannel": "bridges.sms.providers.kannel:Kannel",
    "plivo": "bridges.sms.providers.plivo:Plivo",
    "smpp": "bridges.sms.providers.smpp:SMPP",
    "telnyx": "bridges.sms.providers.telnyx:Telnyx",
    "twilio": "bridges.sms.providers.twilio:Twilio",
    "vonage": "bridges.sms.providers.vonage:Vonage",
}


def gateway_class(name: str, settings: ProviderSettings) -> type[Provider]:
    """The class of the gateway that is configured under `name`; raises `ConfigError`."""
    wanted = settings.provider or name
    module, colon, attribute = OURS.get(wanted, wanted).partition(":")
    if not colon:
        raise ConfigError(
            f"providers.{name}: there is no gateway {wanted!r}; write `provider:` with one of "
            f"{', '.join(OURS)}, or module:Class of a package that is installed"
        )
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"providers.{name}: {wanted} cannot be imported ({error}); install its package"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Provider)):
        raise ConfigError(
            f"providers.{name}: {wanted} is no class of bridges.sms.provider.Provider"
        )
    _check_options(name, settings, found)
    return found


def _check_options(name: str, settings: ProviderSettings, gateway: type[Provider]) -> None:
    known = gateway.options
    if known is None:
        return
    for option, value in settings.options.items():
        where = f"providers.{name}.options.{option}"
        if option not in known:
            there = ", ".join(sorted(known)) or "none"
            raise ConfigError(f"{where}: {gateway.title} has no such option; there is {there}")
        if re.fullmatch(known[option], value) is None:
            raise ConfigError(f"{where}: {value!r} is none of {known[option]}")
