"""`bridgekit init --answers FILE`: the answers of a program, in a file instead of at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridgekit.cli.init.draft import Answers, Setting
from bridgekit.configuration.faults import Faults
from bridgekit.configuration.yaml_source import read

_TEXTS = ("domain", "homeserver", "url", "listen", "admin")
_KNOWN = (*_TEXTS, "networks", "settings")


def from_file(path: Path) -> Answers:
    """What the file answers; `ConfigError` holds all that is wrong with it, with its lines.

    `networks` maps a name to its settings, among them `adapter`; `settings` holds anything else
    of the configuration, in its own form.
    """
    document = read(path)
    faults = Faults(document)
    for where, sentence in document.faults:
        faults.add(where, sentence, key=True)
    data = document.data
    for key in data:
        if key not in _KNOWN:
            faults.unknown((key,), _KNOWN, "answer that init wants")
    for key in _TEXTS:
        if not isinstance(data.get(key, ""), str):
            faults.add((key,), "must be a single text; put it in quotes")
    networks = _mapping(data, "networks", faults)
    others = _mapping(data, "settings", faults)
    adapters, settings = _networks(networks, faults)
    if faults:
        raise faults.error()
    said = {key: data.get(key, "") for key in _TEXTS}
    return Answers(
        domain=said["domain"],
        homeserver=said["homeserver"],
        url=said["url"],
        listen=said["listen"],
        admin=said["admin"] or None,
        networks=adapters,
        settings=[*settings, *_flat(others)],
    )


def merged(first: Answers, second: Answers) -> Answers:
    """What is said twice, the first one says."""
    return Answers(
        domain=first.domain or second.domain,
        homeserver=first.homeserver or second.homeserver,
        url=first.url or second.url,
        listen=first.listen or second.listen,
        admin=first.admin or second.admin,
        networks={**second.networks, **first.networks},
        settings=[*second.settings, *first.settings],
    )


def _mapping(data: Mapping[str, Any], key: str, faults: Faults) -> Mapping[str, Any]:
    value = data.get(key) or {}
    if isinstance(value, dict):
        return value
    faults.add((key,), "must hold `key: value` lines; indent them under it")
    return {}


def _networks(networks: Mapping[str, Any], faults: Faults) -> tuple[dict[str, str], list[Setting]]:
    adapters: dict[str, str] = {}
    settings: list[Setting] = []
    for name, one in networks.items():
        own = {} if one is None else one
        if not isinstance(own, dict):
            faults.add(("networks", name), "must hold `key: value` lines; indent them under it")
            continue
        adapters[name] = str(own.get("adapter", name))
        settings += [
            (("networks", name, key), value) for key, value in own.items() if key != "adapter"
        ]
    return adapters, settings


def _flat(data: Mapping[str, Any]) -> list[Setting]:
    """Two levels deep, as far as the draft has lines of its own; what is below comes as it is."""
    found: list[Setting] = []
    for section, value in data.items():
        if isinstance(value, dict):
            found += [((section, key), inner) for key, inner in value.items()]
        else:
            found.append(((section,), value))
    return found
