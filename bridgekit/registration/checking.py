"""Everything that can be said of registrations without asking any homeserver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.paths import is_there
from bridgekit.registration import synapse_config
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.patterns import of_patterns
from bridgekit.registration.reading import Registered, of_file, read
from bridgekit.registration.shape import of_shape
from bridgekit.registration.synapse_config import HomeserverConfig, is_copy
from bridgekit.registration.together import together


def check(
    paths: Sequence[Path], homeserver: Path | None, domain: str | None, user: str | None
) -> Iterator[tuple[str, list[Finding]]]:
    """Findings by what they are about: each file, then all together.

    `homeserver` is Synapse's configuration: what it loads is read, too. `user` is whom it runs as.
    """
    config, findings = _homeserver(homeserver, paths, user)
    if homeserver is not None:
        yield str(homeserver), findings
    if config is not None:
        domain = domain or config.server_name
    files: list[Registered] = []
    with Oracle() as oracle:
        for path in all_of(paths, config):
            file = read(path)
            if isinstance(file, Finding):
                yield str(path), [file]
                continue
            if path not in paths and any(is_copy(file.data, one.data) for one in files):
                continue  # what the homeserver has of a file that was named
            files.append(file)
            found = [*of_file(file), *of_shape(file), *of_patterns(file, domain, oracle)]
            yield str(path), found
        if len(files) > 1:
            yield "Together", list(together(files, domain, oracle))


def _homeserver(
    path: Path | None, paths: Sequence[Path], user: str | None
) -> tuple[HomeserverConfig | None, list[Finding]]:
    if path is None:
        return None, []
    config = synapse_config.load(path)
    if isinstance(config, Finding):
        return None, [config]
    found = [*synapse_config.settings(config), *synapse_config.readable(config, user)]
    for one in paths:
        if is_there(one):
            found += synapse_config.loads(config, one)
    return config, found


def all_of(paths: Sequence[Path], config: HomeserverConfig | None) -> Iterator[Path]:
    """Those that were named, then what the homeserver loads besides; each once."""
    seen: set[Path] = set()
    listed = config.files if config is not None else ()
    there = [one for one in listed if is_there(one) is not False]
    for path in (*paths, *there):
        if (whole := path.resolve()) not in seen:
            seen.add(whole)
            yield path
