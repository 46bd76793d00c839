"""What is wrong with the patterns of one registration, whatever bridge it is of."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator
from contextlib import suppress

from bridgekit.adapter_supports import Finding
from bridgekit.mistakes.mistake import Mistake
from bridgekit.mistakes.of_namespaces import (
    NOT_EXCLUSIVE,
    REGEX_ANCHORS,
    REGEX_DIALECT,
    REGEX_DOT,
    REGEX_EXPONENTIAL,
    REGEX_INVALID,
    REGEX_NO_DOMAIN,
    REGEX_TOO_WIDE,
    REGEX_WRONG_DOMAIN,
    ROOMS_CATCH_ALL,
)
from bridgekit.registration.attacks import attacks
from bridgekit.registration.oracle import FirstMatch, Oracle, TookForever, Undecided
from bridgekit.registration.reading import Pattern, Registered

ELSEWHERE = "elsewhere.invalid"  # a server that nobody has (RFC 6761)
_AROUND = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]|\(\?P=")
_DOMAIN = re.compile(r":(?P<domain>(?:[a-zA-Z0-9-]|\\?\.|\\-)+)(?P<port>:\d+)?\$?$")


def of_patterns(
    file: Registered,
    domain: str | None,
    oracle: Oracle,
    ours: Collection[str] = (),
) -> Iterator[Finding]:
    """Everything that a pattern alone shows; `domain` is the homeserver's, where it is known.

    `ours` are patterns of which it is known that nothing is wrong with them.
    """
    for kind in ("users", "aliases", "rooms"):
        for pattern in file.patterns(kind):
            if pattern.regex in ours and pattern.exclusive is True:
                continue
            sound = yield from _sound(pattern, oracle)
            if not sound:
                continue
            if kind == "rooms":
                yield from _rooms(pattern, oracle)
            else:
                yield from _spelling(pattern, domain)
                yield from _wide(pattern, kind, domain, oracle)


def _sound(pattern: Pattern, oracle: Oracle) -> Generator[Finding, None, bool]:
    """Nothing more is asked of a pattern that is not: it may take for ever."""
    try:
        re.compile(pattern.regex)
    except (re.error, RecursionError, OverflowError):
        yield _found(pattern, REGEX_INVALID, "is no regular expression.")
        return False
    if _AROUND.search(pattern.regex):
        yield _found(pattern, REGEX_DIALECT, "looks around or back.")
        return False
    try:
        oracle.ask(FirstMatch(pattern.regex, attacks(pattern.regex), anywhere=True))
    except TookForever:
        yield _found(pattern, REGEX_EXPONENTIAL, "takes time without end on some names.")
        return False
    except Undecided:
        return False
    return True


def _spelling(pattern: Pattern, domain: str | None) -> Iterator[Finding]:
    regex = pattern.regex
    said = _DOMAIN.search(regex)
    if not (regex.startswith("^") and regex.endswith("$")):
        names, server = regex.removesuffix("$"), ""
        if said is not None:  # with the dots of its domain mended, too
            names, server = regex[: said.start("domain")], re.escape(domain_of(regex) or "")
        fix = f"Write '^{names.removeprefix('^')}{server}$'"
        yield _found(pattern, REGEX_ANCHORS, "is not held at both ends by ^ and $.", fix)
    if said is None:
        yield _found(pattern, REGEX_NO_DOMAIN, "names no domain.")
        return
    plain = domain_of(regex) or ""
    if domain is not None and plain.lower() != domain.lower():
        fix = f"Write {re.escape(domain)} in place of {said['domain']}, and restart the homeserver."
        why = f"names {plain}, and the homeserver is {domain}."
        yield _found(pattern, REGEX_WRONG_DOMAIN, why, fix)
    elif re.search(r"(?<!\\)\.", said["domain"]):
        fix = f"Write {re.escape(plain)}, and the pattern in single quotes."
        yield _found(pattern, REGEX_DOT, "has a dot without a backslash in its domain.", fix)


def domain_of(regex: str) -> str | None:
    """The server that a pattern ends with; None: it names none."""
    said = _DOMAIN.search(regex)
    return None if said is None else f"{said['domain']}{said['port'] or ''}".replace("\\", "")


def _wide(pattern: Pattern, kind: str, domain: str | None, oracle: Oracle) -> Iterator[Finding]:
    sigil = "@" if kind == "users" else "#"
    own = domain or domain_of(pattern.regex) or ELSEWHERE
    people = [f"{sigil}{name}:{own}" for name in ("alice", "q7zx0w", "Zoe.Lee-92")]
    with suppress(Undecided):
        taken = oracle.ask(FirstMatch(pattern.regex, people, anywhere=True))
        if taken is None:
            if kind == "users" and pattern.exclusive is False:
                yield _found(pattern, NOT_EXCLUSIVE, "is not exclusive.")
            return
        if pattern.of.lends_people and pattern.exclusive is not True:
            return  # that is what it is for
        more = "; * repeats what stands before it, @* is any number of @" * ("@*" in pattern.regex)
        yield _found(pattern, REGEX_TOO_WIDE, f"claims {taken}, which is a person's{more}.")


def _rooms(pattern: Pattern, oracle: Oracle) -> Iterator[Finding]:
    with suppress(Undecided):
        rooms = [f"!QmVsbGE:{ELSEWHERE}", "!hMCfZ3YDYkGrhLqPm2hnTqbQbXvVbq1PgKq3x6eUTsY"]
        if oracle.ask(FirstMatch(pattern.regex, rooms, anywhere=True)) is not None:
            yield _found(pattern, ROOMS_CATCH_ALL, "claims rooms that are not the bridge's.")


def _found(pattern: Pattern, mistake: Mistake, sentence: str, fix: str = "") -> Finding:
    return pattern.of.found(mistake, (*pattern.where, "regex"), sentence, fix)
