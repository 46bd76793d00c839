"""What is wrong with a registration's values: missing, mistyped, quoted wrongly, too weak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from bridgekit.adapter_supports import Finding
from bridgekit.configuration.registration import EPHEMERAL, KNOWN
from bridgekit.mistakes.of_registrations import (
    DP_EXCLUSIVE,
    DP_URL_SET,
    IP_WHITELIST,
    NO_EPHEMERAL,
    NS_SHAPE,
    RATE_LIMITED,
    REG_MISSING_KEY,
    SENDER_MXID,
    TOKENS_SAME,
    TYPO_KEY,
    URL_NULL,
    URL_TRAILING_SLASH,
    WEAK_TOKEN,
    YAML_TYPES,
)
from bridgekit.registration.reading import Registered

_TEXTS = ("id", "as_token", "hs_token", "sender_localpart")
_KINDS = ("users", "aliases", "rooms")
_SHORTEST = 24  # characters; ours have 64
_LEAST_DIFFERENT = 8
_PLACEHOLDER = re.compile(r"(?i)change.?me|example|secret|token|placeholder|generate|<.*>|x{6}")
_RANDOM = re.compile(r"[A-Za-z0-9]{24,}")
_EVERYBODY = re.compile(r"\^?@(?:\.\*|\.\+|\[\^:\][*+])(?::.*)?\$?")


def of_shape(file: Registered) -> Iterator[Finding]:
    """Everything that can be said of the values one by one, in the order of the keys."""
    yield from _keys(file)
    yield from _texts(file)
    yield from _tokens(file)
    yield from _url(file)
    yield from _sender(file)
    yield from _switches(file)
    yield from _namespaces(file)


def _keys(file: Registered) -> Iterator[Finding]:
    for key in file.data:
        # Names with a dot are unstable features, which every homeserver has its own of.
        if key in KNOWN or "." in key:
            continue
        if key == "ip_range_whitelist":
            yield file.found(IP_WHITELIST, (key,), "refuses the bridge from any other address.")
            continue
        near = get_close_matches(key.lower(), KNOWN, n=1, cutoff=0.6)
        fix = f"Did you mean {near[0]}?" if near else "Remove it."
        yield file.found(TYPO_KEY, (key,), "is no key that homeservers know.", fix, key=True)


def _texts(file: Registered) -> Iterator[Finding]:
    for key in _TEXTS:
        if key not in file.data:
            yield file.found(REG_MISSING_KEY, (key,), "is missing.")
        elif not file.text(key):
            yield file.found(
                YAML_TYPES, (key,), "is no text, or empty.", "Put the value in single quotes."
            )
        elif not isinstance(file.as_yaml_1_1.get(key, ""), str):
            why = "is no text to Synapse, which reads it as YAML 1.1."
            yield file.found(YAML_TYPES, (key,), why, "Put the value in single quotes.")


def _tokens(file: Registered) -> Iterator[Finding]:
    own, theirs = file.text("as_token"), file.text("hs_token")
    if own and own == theirs:
        yield file.found(TOKENS_SAME, ("hs_token",), "is the same as as_token.")
    for key, token in (("as_token", own), ("hs_token", theirs)):
        if token and _is_weak(token):
            yield file.found(
                WEAK_TOKEN, (key,), "is a placeholder, or so short that it can be guessed."
            )


def _is_weak(token: str) -> bool:
    random = len(token) >= _SHORTEST and len(set(token)) >= _LEAST_DIFFERENT
    return not random or _PLACEHOLDER.search(token) is not None


def _url(file: Registered) -> Iterator[Finding]:
    url = file.data.get("url")
    if "url" not in file.data:
        yield file.found(REG_MISSING_KEY, ("url",), "is missing.")
    elif url is None:
        if not _lends(file):
            yield file.found(
                URL_NULL, ("url",), "is empty, so the homeserver never sends anything."
            )
    elif not isinstance(url, str) or not re.match(r"https?://[^/\s]|unix:/", url):
        yield file.found(
            YAML_TYPES, ("url",), "is no web address.", "Write it like 'http://localhost:29300'."
        )
    else:
        if url.endswith("/"):
            fix = f"Write {url.rstrip('/')}"
            yield file.found(URL_TRAILING_SLASH, ("url",), "ends with a slash.", fix)
        if _lends(file):
            yield file.found(DP_URL_SET, ("url",), "is set, though this is for double puppets.")


def _lends(file: Registered) -> bool:
    """Whether its patterns are those of double puppets: everybody of a server."""
    users = file.patterns("users")
    return bool(users) and all(_EVERYBODY.fullmatch(one.regex) for one in users)


def _sender(file: Registered) -> Iterator[Finding]:
    sender = file.text("sender_localpart")
    if _RANDOM.fullmatch(sender):
        return  # as of bridges whose bot is another user: nobody ever writes it
    if sender and not re.fullmatch(r"[a-z0-9._=/+-]+", sender):
        bare = re.sub(r"[^a-z0-9._=/+-]", "", sender.lower().partition(":")[0]) or "bridgebot"
        yield file.found(
            SENDER_MXID,
            ("sender_localpart",),
            "has characters that it cannot have.",
            f"Write the name alone, in lower case: {bare}",
        )


def _switches(file: Registered) -> Iterator[Finding]:
    if file.data.get("rate_limited") is not False:
        quoted = " in quotes" if isinstance(file.data.get("rate_limited"), str) else ""
        said = f"is {'not there' if 'rate_limited' not in file.data else 'not false' + quoted}."
        yield file.found(RATE_LIMITED, ("rate_limited",), said)
    if file.data.get("url") is None or _lends(file):
        return  # such a one is sent nothing
    if not any(file.data.get(key) is True for key in EPHEMERAL):
        there = [key for key in EPHEMERAL if key in file.data]
        said = "is not true." if there else "is not there."
        yield file.found(NO_EPHEMERAL, ((there or EPHEMERAL)[0],), said)


def _namespaces(file: Registered) -> Iterator[Finding]:
    namespaces = file.data.get("namespaces")
    if not isinstance(namespaces, dict):
        yield file.found(NS_SHAPE, ("namespaces",), "must hold users, aliases and rooms.")
        return
    for kind, entries in namespaces.items():
        where = ("namespaces", kind)
        if kind not in _KINDS:
            yield file.found(TYPO_KEY, where, "is no kind of names.", key=True)
        elif entries is not None and not isinstance(entries, list):
            yield file.found(NS_SHAPE, where, "is no list.")
        else:
            for index, entry in enumerate(entries or ()):
                yield from _entry(file, (*where, index), entry)
    if _lends(file):
        for one in file.patterns("users"):
            if one.exclusive is True:
                yield file.found(DP_EXCLUSIVE, one.where, "claims everybody exclusively.")


def _entry(file: Registered, where: tuple[str | int, ...], entry: object) -> Iterator[Finding]:
    if not isinstance(entry, dict):
        yield file.found(NS_SHAPE, where, "is no entry of exclusive and regex.")
        return
    if not isinstance(entry.get("regex"), str):
        fix = "Put the pattern in single quotes: # begins a comment, @ and ! mean something else."
        yield file.found(NS_SHAPE, (*where, "regex"), "is no text.", fix)
    if not isinstance(entry.get("exclusive"), bool):
        yield file.found(
            NS_SHAPE,
            (*where, "exclusive"),
            "is not true or false.",
            "Write true or false, without quotes.",
        )
