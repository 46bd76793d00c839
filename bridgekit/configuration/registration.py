"""The registration: what the homeserver is told about the bridge, made from the configuration.

It claims exactly the names that `namespaces` makes. `bridgekit.registration` compares files to it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from bridgekit.configuration.config import Config

EPHEMERAL = ("receive_ephemeral", "de.sorunome.msc2409.push_ephemeral")  # by Matrix 1.13, before
KNOWN = (
    *("id", "url", "as_token", "hs_token", "sender_localpart", "rate_limited", "namespaces"),
    *("protocols", "receive_ephemeral"),
)
DEVICES = "io.element.msc4190"  # the application service may make devices of its users

_HEADER = """\
# The registration of matrix-bridgekit, for the homeserver's administrator.
# What to do with it: registration/README.md. It holds tokens: keep it from other users (0640).
# The bridge prints it from its configuration with `bridgekit registration print`; change it there.
"""

_PUPPET_HEADER = """\
# The registration of matrix-bridgekit's double puppets, for the homeserver's administrator.
# With it the bridge speaks as people of this homeserver: keep it from other users (0640).
# `bridgekit registration print --puppets SERVER` prints it, from `double_puppets` in the config.
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """Application Service API, "Registration"; every namespace is exclusive."""

    id: str
    url: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    sender_localpart: str
    users: tuple[str, ...]
    aliases: tuple[str, ...]
    protocols: tuple[str, ...]
    encrypts: bool = False

    def fields(self) -> dict[str, Any]:
        """The registration as the homeserver reads it."""
        return {
            "id": self.id,
            "url": self.url,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": self.sender_localpart,
            "rate_limited": False,
            "namespaces": {
                "users": _exclusive(self.users),
                "aliases": _exclusive(self.aliases),
                "rooms": [],
            },
            "protocols": list(self.protocols),
            # Typing and receipts: the name since Matrix 1.13, then the one before it (MSC2409).
            "receive_ephemeral": True,
            "de.sorunome.msc2409.push_ephemeral": True,
            **({DEVICES: True} if self.encrypts else {}),
        }

    def to_yaml(self) -> str:
        """The file's text: YAML that every homeserver's parser reads the same."""
        return _HEADER + _yaml(self.fields())


@dataclass(frozen=True, slots=True)
class PuppetRegistration:
    """By which a homeserver lets the bridge speak as its people; it is sent nothing."""

    id: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    sender_localpart: str
    domain: str

    def fields(self) -> dict[str, Any]:
        """The registration as the homeserver reads it."""
        # Not exclusive, or nobody could register; no URL, or the homeserver would send everything.
        everybody = {"exclusive": False, "regex": f"@.*:{re.escape(self.domain)}"}
        return {
            "id": self.id,
            "url": None,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": self.sender_localpart,
            "rate_limited": False,
            "namespaces": {"users": [everybody], "aliases": [], "rooms": []},
        }

    def to_yaml(self) -> str:
        """The file's text."""
        return _PUPPET_HEADER + _yaml(self.fields())


def build(config: Config) -> Registration:
    """The registration that belongs to a configuration: with the next tokens, where it has any."""
    names, appservice = config.namespaces, config.appservice
    return Registration(
        id=appservice.id,
        url=appservice.url,
        as_token=(appservice.as_token_next or appservice.as_token).get_secret_value(),
        hs_token=(appservice.hs_token_next or appservice.hs_token).get_secret_value(),
        sender_localpart=senders_of(config)[0],
        users=names.user_regexes(),
        aliases=names.alias_regexes(),
        protocols=tuple(sorted({one.adapter.manifest.name for one in config.networks.values()})),
        encrypts=config.encryption.on,
    )


def senders_of(config: Config) -> Sequence[str]:
    """The `sender_localpart`, and what else serves: the bot, unless it has a device.

    Synapse answers no /sync of the sender itself, and by that the device's keys come. Without a
    device any sender does, so that whoever switches encryption off has nothing to install.
    """
    bot = config.appservice.bot
    other = f"{bot}-sender"
    return (other,) if config.encryption.on else (bot, other)


def puppets(config: Config) -> Sequence[PuppetRegistration]:
    """The registrations of the homeservers whose `double_puppets` have an `as_token`."""
    found = []
    for domain, settings in sorted(config.double_puppets.items()):
        if settings.as_token is None:
            continue
        token = settings.as_token.get_secret_value()
        # Nothing is ever sent with it, but every homeserver wants one.
        unused = hmac.digest(token.encode(), b"hs_token of puppets", "sha256").hex()
        names = (f"{config.appservice.id}-puppets", f"{config.appservice.bot}-puppets")
        found.append(PuppetRegistration(names[0], token, unused, names[1], domain))
    return found


def _exclusive(regexes: Iterable[str]) -> list[dict[str, Any]]:
    return [{"exclusive": True, "regex": regex} for regex in regexes]


def _yaml(fields: dict[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(_quoted(fields), stream)
    return stream.getvalue()


def _quoted(value: Any) -> Any:
    """Texts in single quotes: a token may look like a number, a regex has backslashes and #."""
    match value:
        case str():
            return SingleQuotedScalarString(value)
        case dict():
            return {key: _quoted(inner) for key, inner in value.items()}
        case list():
            return [_quoted(inner) for inner in value]
        case _:
            return value
