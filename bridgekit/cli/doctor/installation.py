"""The checks of `doctor` that only read files: what the configuration leaves out or contradicts."""

from __future__ import annotations

import ipaddress
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.listening import TCPAddress
from bridgekit.configuration.stand_in import StandIn
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
    PORT_DIFFERS,
    SECRETS_OPEN,
    URL_LOCALHOST,
)
from bridgekit.permissions.permissions import EVERYBODY, Permissions, Rule
from bridgekit.permissions.rights import Level

_HERE = ("localhost", "127.0.0.1", "::1")
_EXAMPLES = re.compile(r"(?:^|[.:@])example\.(?:com|org|net)$")


def configuration(config: Config) -> Iterator[Finding]:
    """Everything that the configuration and its file show."""
    yield from _own_address(config)
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
    if tracked(path):
        yield IN_GIT.found(f"{path} is under version control.", f"git rm --cached {path.name}")


def tracked(path: Path) -> bool:
    """Whether git keeps this file."""
    git = shutil.which("git")
    if git is None:
        return False
    command = [git, "-C", str(path.parent), "ls-files", "--error-unmatch", "--", path.name]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=10, check=False)  # noqa: S603 (no shell; the path is the operator's own)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
