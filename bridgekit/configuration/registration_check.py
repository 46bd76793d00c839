"""Compares a registration file with the configuration, before a homeserver or a user stumbles.

What homeservers accept silently and then do wrong (a quoted "false", an empty url, a misspelt
key) is a fault here. Tokens are never shown, only four characters of their hashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from bridgekit.configuration.config import Config
from bridgekit.configuration.faults import Faults
from bridgekit.configuration.registration import Registration, build
from bridgekit.configuration.yaml_source import Document, Where, read
from bridgekit.errors import ConfigError
from bridgekit.ids import RemoteUserID

_REMEDY = "write the file anew with `bridgekit registration`, then restart the homeserver"
_KNOWN = (
    *("id", "url", "as_token", "hs_token", "sender_localpart", "rate_limited", "namespaces"),
    *("protocols", "receive_ephemeral"),
)

EPHEMERAL = ("receive_ephemeral", "de.sorunome.msc2409.push_ephemeral")  # by Matrix 1.13, before

# Remote IDs that exercise a pattern: capitals, other scripts, digits only, the overflow form.
_SAMPLES = ("alice", "Alice_B", "12345", "[afk]", "a=b", "名前", "+15551234", "x" * 300)


def load(path: Path) -> Document:
    """Read a registration; `ConfigError` if it is none, or no YAML."""
    document = read(path)
    if "homeserver" in document.data or "networks" in document.data:
        raise ConfigError(
            f"{document.name}: this is the bridge's configuration; the homeserver needs the "
            "registration, which `bridgekit registration` prints"
        )
    return document


def compare(config: Config, registration: Document) -> list[str]:
    """What keeps this registration from serving this configuration: a sentence for each fault."""
    faults = Faults(registration)
    for where, sentence in registration.faults:
        faults.add(where, sentence, key=True)
    data, wanted = registration.data, build(config)
    for key in data:
        # Names with a dot are unstable features, which every homeserver has its own of.
        if key not in _KNOWN and "." not in key:
            faults.unknown((key,), _KNOWN, "known key")
    _compare_texts(data, wanted, faults)
    if data.get("rate_limited") is not False:
        why = "must be false, without quotes, or the homeserver slows the bridge down; add it so"
        faults.add(("rate_limited",), why)
    _compare_offers(data, wanted, faults)
    namespaces = data.get("namespaces")
    if not isinstance(namespaces, dict):
        faults.add(("namespaces",), f"must hold users, aliases and rooms; {_REMEDY}")
        return list(faults.error().faults)
    ghosts = tuple(_ghosts(config))
    _compare_patterns(namespaces, "users", wanted.users, ghosts, faults)
    aliases = tuple(_aliases(config))
    _compare_patterns(namespaces, "aliases", wanted.aliases, aliases, faults)
    _refuse_foreign(namespaces, config, faults)
    return list(faults.error().faults)


def _compare_texts(data: Mapping[str, Any], wanted: Registration, faults: Faults) -> None:
    for key in ("id", "url", "as_token", "hs_token", "sender_localpart"):
        found, right = data.get(key), getattr(wanted, key)
        if found == right:
            continue
        if key not in data:
            faults.add((key,), f"is missing; {_REMEDY}")
        elif found is None and key == "url":
            faults.add((key,), f"is empty, so the homeserver never sends anything; write {right}")
        elif not isinstance(found, str):
            faults.add((key,), f"is no text; put it in single quotes, or {_REMEDY}")
        elif key.endswith("_token"):
            differ = f"registration {_hash(found)}, configuration {_hash(right)}"
            faults.add((key,), f"is not the one of the configuration ({differ}); {_REMEDY}")
        elif key == "url" and found.rstrip("/") == right:
            faults.add((key,), f"ends with a slash, which some homeservers double; write {right}")
        else:
            faults.add((key,), f"is not what the configuration says; write {right}")


def _compare_offers(data: Mapping[str, Any], wanted: Registration, faults: Faults) -> None:
    """What the homeserver does for us only if it is told to."""
    ephemeral = [data.get(key) for key in EPHEMERAL]
    if not any(value is True for value in ephemeral):
        key = next((key for key in EPHEMERAL if key in data), EPHEMERAL[0])
        why = "must be true, without quotes, or no typing and no receipts reach the networks"
        faults.add((key,), f"{why}; {_REMEDY}")
    found = data.get("protocols")
    listed = found if isinstance(found, list) else []
    missing = [name for name in wanted.protocols if name not in listed]
    if missing:
        why = f"lacks {', '.join(missing)}, so that nobody can look up chats there"
        faults.add(("protocols",), f"{why}; add it, or {_REMEDY}")


def _compare_patterns(
    namespaces: Mapping[str, Any],
    kind: str,
    wanted: tuple[str, ...],
    samples: tuple[tuple[str, str], ...],
    faults: Faults,
) -> None:
    """Every name that we may use must be claimed, exclusively, by some pattern of the file."""
    where = ("namespaces", kind)
    patterns = list(_patterns(namespaces, kind, faults))
    for regex in wanted:
        ours = [name for pattern, name in samples if pattern == regex]
        missed = next((name for name in ours if not _claimed(name, patterns)), None)
        if missed is not None:
            why = f"does not claim {missed}; add {{exclusive: true, regex: '{regex}'}}"
            faults.add(where, f"{why}, and restart the homeserver")


def _refuse_foreign(namespaces: Mapping[str, Any], config: Config, faults: Faults) -> None:
    """No pattern may claim what is not ours: other people's users, every room of the server."""
    names = list(_foreign(config))
    for where, pattern in _compiled(namespaces, "users"):
        # Dendrite looks for a match anywhere in the name, Synapse from its start.
        taken = next((name for name in names if pattern.search(name)), None)
        if taken is not None:
            why = f"also claims {taken}, which is not ours; start it with ^, end it with the domain"
            faults.add(where, f"{why} and $, or {_REMEDY}")
    for where, pattern in _compiled(namespaces, "rooms"):
        if pattern.search("!anyroom:other.example"):
            faults.add(where, "sends us rooms that are not ours; remove it, users are enough")


def _patterns(
    namespaces: Mapping[str, Any], kind: str, faults: Faults
) -> Iterator[re.Pattern[str]]:
    """The exclusive patterns of a kind, with what is wrong with the others."""
    entries = namespaces.get(kind)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        where: Where = ("namespaces", kind, index)
        regex = entry.get("regex") if isinstance(entry, dict) else None
        if not isinstance(regex, str):
            faults.add(where, "has no regex; write {exclusive: true, regex: '^…$'}, in quotes")
        elif entry.get("exclusive") is not True:
            why = "is not exclusive, so that anybody may take its names; write exclusive: true"
            faults.add(where, why)
        elif re.search(r"\(\?[=!<]|\\[1-9]", regex):
            why = "looks around or back, which homeservers in Go and Rust refuse"
            faults.add(where, f"{why}; {_REMEDY}")
        else:
            try:
                yield re.compile(regex)
            except re.error:
                faults.add(where, f"is no regular expression; {_REMEDY}")


def _compiled(namespaces: Mapping[str, Any], kind: str) -> Iterator[tuple[Where, re.Pattern[str]]]:
    entries = namespaces.get(kind)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        regex = entry.get("regex") if isinstance(entry, dict) else None
        try:
            yield ("namespaces", kind, index, "regex"), re.compile(regex or "(?!)")
        except (re.error, TypeError):
            continue  # said already


def _claimed(name: str, patterns: list[re.Pattern[str]]) -> bool:
    return any(pattern.match(name) for pattern in patterns)


def _ghosts(config: Config) -> Iterator[tuple[str, str]]:
    """Names of users that we may use, each with the pattern that must claim it."""
    names = config.namespaces
    bot, *patterns = names.user_regexes()
    yield bot, names.bot_mxid
    for network, pattern in zip(sorted(config.networks), patterns, strict=True):
        for sample in _SAMPLES:
            yield pattern, names.ghost(network, RemoteUserID(sample))


def _foreign(config: Config) -> Iterator[str]:
    """Names of users that nobody may claim for us."""
    domain = config.homeserver.domain
    yield from (f"@alice:{domain}", f"@{config.appservice.bot}x:{domain}", f"@root:{domain}.x")
    for _, ours in _ghosts(config):
        yield f"{ours.partition(':')[0]}:other.example"


def _aliases(config: Config) -> Iterator[tuple[str, str]]:
    names = config.namespaces
    private, *patterns = names.alias_regexes()
    yield private, names.private_alias("0f" * 16)
    for network, pattern in zip(sorted(config.networks), patterns, strict=True):
        for alias in (names.alias(network, sample) for sample in ("#chat", "Chat_1")):
            if alias is not None:
                yield pattern, alias


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()[:4]
