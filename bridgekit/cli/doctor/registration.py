"""The checks of `doctor` on the registration: is it this configuration's, is it loaded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.configuration.config import Config
from bridgekit.configuration.paths import is_there
from bridgekit.mistakes.of_installations import NOT_COMPARED
from bridgekit.registration import synapse_config
from bridgekit.registration.belonging import compare
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.reading import read

BESIDE = "registration.yaml"


async def registration(
    config: Config, given: Path | None, homeserver: Path | None = None
) -> AsyncIterator[Finding]:
    """Compare the file that the homeserver should have with what the configuration says.

    `homeserver` is Synapse's configuration, where it can be read.
    """
    path = given or config.path.with_name(BESIDE)
    if homeserver is not None:
        for finding in _listed(config, homeserver, path):
            yield finding
    if given is None and not is_there(path):
        yield NOT_COMPARED.found(f"Not compared: there is no {path}.")
        return
    file = read(path)
    if isinstance(file, Finding):
        yield file
        return
    with Oracle() as oracle:
        findings = compare(config, file, oracle)
    for finding in findings:
        yield finding
    if not findings:
        yield Finding(Severity.OK, f"{path} belongs to the configuration.")


def agree(findings: Collection[Finding]) -> bool:
    """Whether a registration was compared, and nothing is wrong with it."""
    wrong = (one.severity is Severity.ERROR or one.id == NOT_COMPARED.id for one in findings)
    return bool(findings) and not any(wrong)


def _listed(config: Config, homeserver: Path, path: Path) -> list[Finding]:
    found = synapse_config.load(homeserver)
    if isinstance(found, Finding):
        return [found]
    on = config.encryption.on
    findings = [*synapse_config.settings(found, reads_encrypted=on)]
    findings += synapse_config.readable(found, None)
    if is_there(path):
        findings += synapse_config.loads(found, path)
    return findings or [Finding(Severity.OK, f"{homeserver} loads it.")]
