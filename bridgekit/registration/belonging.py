"""Whether a registration is the one that a configuration needs.

Tokens are never shown, only four characters of their hashes.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.config import Config
from bridgekit.configuration.differences import trace
from bridgekit.configuration.registration import DEVICES, Registration, build, senders_of
from bridgekit.configuration.settings import AppserviceSettings
from bridgekit.ids import RemoteUserID
from bridgekit.mistakes.mistake import Mistake
from bridgekit.mistakes.of_namespaces import TEMPLATE_OUTSIDE
from bridgekit.mistakes.of_registrations import (
    HS_TOKEN_DIFFERS,
    ID_DIFFERS,
    NO_DEVICES,
    PROTOCOLS_LACKING,
    SENDER_DIFFERS,
    TOKENS_DIFFER,
    URL_DIFFERS,
)
from bridgekit.registration.oracle import FirstMatch, Oracle, Undecided
from bridgekit.registration.patterns import of_patterns
from bridgekit.registration.reading import Pattern, Registered, of_file
from bridgekit.registration.shape import of_shape

# Remote IDs that exercise a pattern: capitals, other scripts, digits only, the overflow form.
_SAMPLES = ("alice", "Alice_B", "12345", "[afk]", "a=b", "名前", "+15551234", "x" * 300)
_DIFFER = {
    "id": ID_DIFFERS,
    "url": URL_DIFFERS,
    "as_token": TOKENS_DIFFER,
    "hs_token": HS_TOKEN_DIFFERS,
    "sender_localpart": SENDER_DIFFERS,
}


def compare(config: Config, file: Registered, oracle: Oracle) -> list[Finding]:
    """All that keeps this registration from serving this configuration; none: it is right."""
    return [
        *of_file(file),
        *of_shape(file),
        *of_patterns(file, config.homeserver.domain, oracle, _wanted(config)),
        *belonging(config, file, oracle),
    ]


def _wanted(config: Config) -> frozenset[str]:
    wanted = build(config)
    return frozenset((*wanted.users, *wanted.aliases))


def belonging(config: Config, file: Registered, oracle: Oracle) -> Iterator[Finding]:
    """What only the two beside each other show."""
    wanted = build(config)
    yield from _texts(config, file, wanted)
    if wanted.encrypts and file.data.get(DEVICES) is not True:
        said = "is not `true`." if DEVICES in file.data else "is not there."
        yield file.found(NO_DEVICES, (DEVICES,), said)
    found = file.data.get("protocols")
    listed = found if isinstance(found, list) else []
    missing = [name for name in wanted.protocols if name not in listed]
    if missing:
        said = f"lacks {', '.join(missing)}, so that nobody can look up chats there."
        yield file.found(PROTOCOLS_LACKING, ("protocols",), said)
    for kind, samples in (("users", _ghosts(config)), ("aliases", _aliases(config))):
        yield from _claimed(file, kind, dict(samples), oracle)


def _texts(config: Config, file: Registered, wanted: Registration) -> Iterator[Finding]:
    for key, mistake in _DIFFER.items():
        found, right = file.text(key), getattr(wanted, key)
        if not found or found.rstrip("/") == right:
            continue  # what is not there at all is said of its shape
        if key == "sender_localpart" and found in senders_of(config):
            continue
        if key.endswith("_token"):
            yield from _token(config.appservice, file, key, mistake)
        else:
            yield file.found(mistake, (key,), f"is not what the configuration says ({right}).")


def _token(
    settings: AppserviceSettings, file: Registered, key: str, mistake: Mistake
) -> Iterator[Finding]:
    ours = settings.as_tokens if key == "as_token" else settings.hs_tokens
    found = file.text(key)
    if found in ours:
        return  # while it is being changed there are two, and either is right
    differ = f"registration {trace(found)}, configuration {trace(ours[0])}"
    yield file.found(mistake, (key,), f"is not the one of the configuration ({differ}).")


def _claimed(
    file: Registered, kind: str, samples: dict[str, list[str]], oracle: Oracle
) -> Iterator[Finding]:
    """Every name that we may use must be claimed, exclusively, by some pattern of the file."""
    patterns = [one for one in file.patterns(kind) if one.exclusive is True]
    present = {one.regex for one in patterns}
    for regex, names in samples.items():
        if regex in present:
            continue
        missed = next((name for name in names if not _by_any(patterns, name, oracle)), None)
        if missed is not None:
            fix = f"Add {{exclusive: true, regex: '{regex}'}}, and restart the homeserver."
            yield file.found(
                TEMPLATE_OUTSIDE, ("namespaces", kind), f"does not claim {missed}.", fix
            )


def _by_any(patterns: list[Pattern], name: str, oracle: Oracle) -> bool:
    for pattern in patterns:
        try:
            if oracle.ask(FirstMatch(pattern.regex, [name])) is not None:
                return True
        except Undecided:
            continue  # the pattern itself is a finding
    return False


def _ghosts(config: Config) -> Iterator[tuple[str, list[str]]]:
    """The patterns of users that we need, each with names that it must claim."""
    names = config.namespaces
    bot, *patterns = names.user_regexes()
    yield bot, [names.bot_mxid]
    for network, pattern in zip(sorted(config.networks), patterns, strict=True):
        yield pattern, [names.ghost(network, RemoteUserID(sample)) for sample in _SAMPLES]


def _aliases(config: Config) -> Iterator[tuple[str, list[str]]]:
    names = config.namespaces
    private, *patterns = names.alias_regexes()
    yield private, [names.private_alias("0f" * 16)]
    for network, pattern in zip(sorted(config.networks), patterns, strict=True):
        made = [names.alias(network, sample) for sample in ("#chat", "Chat_1")]
        yield pattern, [alias for alias in made if alias is not None]
