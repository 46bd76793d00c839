"""What is wrong with several registrations of one homeserver beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import combinations

from bridgekit.adapter_supports import Finding
from bridgekit.mistakes.of_namespaces import (
    ID_REUSED,
    OVERLAP,
    SENDER_CLASH,
    TOKEN_REUSED,
    UNDECIDED,
)
from bridgekit.registration.oracle import Common, FirstMatch, Oracle, Undecided
from bridgekit.registration.patterns import domain_of
from bridgekit.registration.reading import Pattern, Registered

_NAMES = ("alice", "_alice", "0", "a=b", "x-y.z", "longer_name_9")


def together(files: Sequence[Registered], domain: str | None, oracle: Oracle) -> Iterator[Finding]:
    """What each two of them have in common and must not."""
    for one, other in combinations(files, 2):
        if one.text("id") and one.text("id") == other.text("id"):
            yield other.found(ID_REUSED, ("id",), f"is that of {one.name}, too.")
        yield from _tokens(one, other)
        yield from _senders(one, other, domain, oracle)
        yield from _overlaps(one, other, oracle)


def _tokens(one: Registered, other: Registered) -> Iterator[Finding]:
    theirs = {one.text(key): key for key in ("as_token", "hs_token") if one.text(key)}
    for key in ("as_token", "hs_token"):
        if (token := other.text(key)) and token in theirs:
            digest = sha256(token.encode()).hexdigest()[:4]
            said = f"is the {theirs[token]} of {one.name}, too (hash {digest})."
            yield other.found(TOKEN_REUSED, (key,), said)


def _senders(
    one: Registered, other: Registered, domain: str | None, oracle: Oracle
) -> Iterator[Finding]:
    senders = [file.text("sender_localpart") for file in (one, other)]
    if senders[0] and senders[0] == senders[1]:
        yield other.found(SENDER_CLASH, ("sender_localpart",), f"is that of {one.name}, too.")
        return
    for file, owner in ((one, other), (other, one)):
        for pattern in owner.patterns("users"):
            server = domain or domain_of(pattern.regex)
            bot = f"@{file.text('sender_localpart')}:{server}"
            if pattern.exclusive is not True or server is None or bot.startswith("@:"):
                continue
            try:
                claimed = oracle.ask(FirstMatch(pattern.regex, [bot]))
            except Undecided:
                continue
            if claimed is not None:
                said = f"makes {bot}, which {owner.name} claims ({pattern.regex})."
                yield file.found(SENDER_CLASH, ("sender_localpart",), said)


def _overlaps(one: Registered, other: Registered, oracle: Oracle) -> Iterator[Finding]:
    for kind in ("users", "aliases"):
        for first in one.patterns(kind):
            for second in other.patterns(kind):
                if first.exclusive is True and second.exclusive is True:
                    yield from _overlap(first, second, oracle)


def _overlap(one: Pattern, other: Pattern, oracle: Oracle) -> Iterator[Finding]:
    where = (*other.where, "regex")
    try:
        shared, how = oracle.ask(Common(one.regex, other.regex)), ""
    except Undecided:
        shared, how = _sampled(one, other, oracle), " (found by trying)"
        if shared is None:
            said = f"could not be compared with {one.regex} of {one.of.name}; samples differ."
            yield other.of.found(UNDECIDED, where, said)
            return
    if shared is not None:
        at = one.of.document.place((*one.where, "regex")).line
        said = f"claims {shared}{how}, as {one.of.name}:{at} does ({one.regex})."
        yield other.of.found(OVERLAP, where, said)


def _sampled(one: Pattern, other: Pattern, oracle: Oracle) -> str | None:
    """A name that both claim, tried out: what each begins and ends with, and something between."""
    for mine, theirs in ((one, other), (other, one)):
        try:
            for name in _samples(mine.regex):
                if oracle.ask(FirstMatch(mine.regex, [name])) and oracle.ask(
                    FirstMatch(theirs.regex, [name])
                ):
                    return name
        except Undecided:
            return None
    return None


def _samples(regex: str) -> Iterator[str]:
    plain = regex.removeprefix("^").removesuffix("$").replace("\\", "")
    localpart, _, domain = plain.partition(":")
    begins = localpart.split("(")[0].split("[")[0].rstrip(".*+?")
    yield from (f"{begins}{name}:{domain}" for name in _NAMES)
