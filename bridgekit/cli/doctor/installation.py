"""The checks of `doctor` that only read files: what the configuration leaves out or contradicts."""

from __future__ import annotations

import ipaddress
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.differences import secrets_of
from bridgekit.configuration.listening import TCPAddress
from bridgekit.configuration.paths import tracked
from bridgekit.configuration.stand_in import StandIn
from bridgekit.configuration.yaml_source import read
from bridgekit.facts import AttachmentKind
from bridgekit.ids import UserID
from bridgekit.mistakes.of_installations import (
    MEDIA_INTERNAL,
    NO_ADMIN,
    NO_PUBLIC_URL,
    PERMISSIONS,
    PLACEHOLDER,
)
from bridgekit.mistakes.of_registrations import (
    HTTP_HTTPS,
    IN_GIT,
    LISTEN_LOOPBACK,
    PORT_DIFFERS,
    ROTATION_OPEN,
    SECRETS_OPEN,
    URL_LOCALHOST,
)
from bridgekit.permissions.permissions import EVERYBODY, Permissions, Rule
from bridgekit.permissions.rights import Level

_HERE = ("localhost", "127.0.0.1", "::1")
_LONGEST_SECRET = 64 << 10  # bytes of its file; a certificate is one, too
_EXAMPLES = re.compile(r"(?:^|[.:@])example\.(?:com|org|net)$")


def configuration(config: Config) -> Iterator[Finding]:
    """Everything that the configuration and its file show."""
    yield from _own_address(config)
    if len(config.appservice.as_tokens) > 1 or len(config.appservice.hs_tokens) > 1:
        yield ROTATION_OPEN.found()
    yield from _public_address(config)
    yield from _permissions(config)
    yield from _kept_to_itself(config)


def _own_address(config: Config) -> Iterator[Finding]:
    settings, homeserver = config.appservice, urlsplit(config.homeserver.url).hostname or ""
    url = urlsplit(settings.url)
    if url.hostname in _HERE and homeserver not in _HERE:
        yield URL_LOCALHOST.found(
            f"appservice.url is {settings.url}, but the homeserver is at {homeserver}."
        )
    if not isinstance(settings.listen, TCPAddress):
        return
    direct = url.hostname in _HERE or url.port is not None
    if url.scheme == "https" and direct and url.port == settings.listen.port:
        yield HTTP_HTTPS.found(
            f"appservice.url is {settings.url}, and the bridge itself speaks http there.",
            f"Write http{settings.url.removeprefix('https')}, and print the registration anew.",
        )
    elif url.hostname in _HERE and url.port not in (None, settings.listen.port):
        yield PORT_DIFFERS.found(
            f"appservice.url leads to port {url.port}, and the bridge listens on "
            f"{settings.listen.port}."
        )
    elif (
        (url.scheme, url.port) == ("http", settings.listen.port)  # any other would be a proxy's
        and url.hostname not in _HERE
        and settings.listen.host in _HERE
    ):
        yield LISTEN_LOOPBACK.found(
            f"appservice.url is {settings.url}, and the bridge listens on {settings.listen.host}."
        )


def _public_address(config: Config) -> Iterator[Finding]:
    public = config.appservice.public_url
    if public is not None:
        host = urlsplit(public).hostname or ""
        if host in _HERE or host.endswith((".local", ".internal", ".lan")) or _private(host):
            yield MEDIA_INTERNAL.found(f"appservice.public_url is {public}.")
        return
    networks = config.networks.items()
    files = [name for name, network in networks if _links_files(network)]
    pages = [name for name, network in networks if network.fallbacks.long_text == "link"]
    for what, names in (
        ("files that people on Matrix send are not offered as links on", files),
        ("long texts become no pages on", pages),
    ):
        if names:
            yield NO_PUBLIC_URL.found(
                f"appservice.public_url is not set, so {what} {', '.join(names)}.",
                "Set it to an address where the world reaches the bridge, or `fallbacks` of "
                f"{', '.join(names)} to what needs no link.",
            )


def _private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _links_files(network: Network) -> bool:
    """Whether it becomes links what its network does not take, by what the adapter says of all."""
    if issubclass(network.adapter, StandIn):
        return False  # what it takes, nobody knows
    taken = network.adapter.manifest.limits.attachments
    chosen = network.fallbacks.model_dump()
    return any(chosen[kind.value] == "link" for kind in AttachmentKind if kind not in taken)


def _permissions(config: Config) -> Iterator[Finding]:
    domain = config.homeserver.domain
    levels = {who: _level(rule) for who, rule in config.permissions.items()}
    for who in levels:
        if _EXAMPLES.search(who) and not _EXAMPLES.search(domain):
            fix = f"Write {who.replace(who.rpartition(':')[2], domain)} in its place."
            yield PLACEHOLDER.found(f"permissions: {who} is an example.", fix)
    if not any(level is Level.ADMIN for level in levels.values()):
        fix = f'Add under permissions: "@you:{domain}": admin'
        yield NO_ADMIN.found("permissions names no administrator.", fix)
    ours = [level for who, level in levels.items() if _covers(who, domain)]
    if all(level is Level.BLOCK for level in ours):
        said = f"permissions lets nobody of {domain} use this bridge."
        yield PERMISSIONS.found(said, f'Add under permissions: "{domain}": user')


def what_may(config: Config, user: str) -> Iterator[Finding]:
    """What somebody is to the bridge on each network, and by which line."""
    permissions = Permissions(config.permissions)
    for network in config.networks:
        level = permissions.level(UserID(user), network)
        line = permissions.rule(UserID(user), network) or "no line of permissions"
        text = f"{user} has the level {level.value} on {network}, by {line}."
        if level is Level.BLOCK:
            yield PERMISSIONS.found(text, f'Add under permissions: "{user}": user')
        else:
            yield Finding(Severity.OK, text)


def _level(rule: Rule | Level) -> Level:
    return rule.level if isinstance(rule, Rule) else rule


def _covers(who: str, domain: str) -> bool:
    return who in (EVERYBODY, domain) or who.endswith(f":{domain}")


def _kept_to_itself(config: Config) -> Iterator[Finding]:
    path = config.path
    if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        said = f"Others on this machine may read {path}, which holds secrets."
        yield SECRETS_OPEN.found(said, f"chmod 600 {path}")
    others = _secret_files(config)
    for file in others:
        if file.stat().st_mode & stat.S_IRWXO:
            said = f"Others on this machine may read {file}, which holds a secret."
            yield SECRETS_OPEN.found(said, f"chmod o-rwx {file}")
    for file in (path, *others):
        if tracked(file):
            yield IN_GIT.found(f"{file} is under version control.", f"git rm --cached {file.name}")


def _secret_files(config: Config) -> Sequence[Path]:
    """The files that `…_file` names, and that hold one of the secrets of this configuration."""
    if not config.path.is_file():  # a pipe has been read
        return []
    folder, secrets = config.path.absolute().parent, secrets_of(config)
    files = [folder / one for one in _named(read(config.path).data)]
    return [one for one in files if _content(one) in secrets]


def _content(file: Path) -> str:
    """As the configuration reads it; "" where it would not."""
    try:
        if not file.is_file() or file.stat().st_size > _LONGEST_SECRET:
            return ""
        return file.read_text("utf-8", "replace").rstrip("\r\n")
    except OSError:
        return ""


def _named(data: Any) -> Iterator[str]:
    """Every text under a key that ends so."""
    if isinstance(data, list):
        for one in data:
            yield from _named(one)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key.endswith("_file") and isinstance(value, str):
                yield value
            yield from _named(value)
