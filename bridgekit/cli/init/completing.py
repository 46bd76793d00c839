"""What `init` must know in the end: from options, a file, the homeserver itself, or a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import typer

from bridgekit.adapter_supports import Finding
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.init.draft import Answers
from bridgekit.cli.init.probing import Seen, look
from bridgekit.cli.init.questions import (
    ask,
    ask_admin,
    ask_admin_there,
    ask_networks,
    ask_settings,
    wrong,
)
from bridgekit.configuration import plugins
from bridgekit.configuration.settings import AppserviceSettings, HomeserverSettings
from bridgekit.printable import printable
from bridgekit.registration import synapse_config
from bridgekit.registration.steps import Kind
from bridgekit.registration.synapse_config import HomeserverConfig

HOMESERVER, OWN_URL, DEFAULT_PORT = "http://localhost:8008", "http://localhost:29300", 29300
DEBIAN = Path("/etc/matrix-synapse/homeserver.yaml")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Completed:
    """`kind` is the homeserver's, where it says so; `doubts` what could not be made sure of."""

    answers: Answers
    kind: Kind | None
    doubts: tuple[str, ...]


def completed(answers: Answers, homeserver_config: Path | None, *, asking: bool) -> Completed:
    """What is open is read, found out, asked, or the default, in this order."""
    nearby = _Nearby(HOMESERVER, "")
    if homeserver_config is not None:
        answers = _read(answers, homeserver_config)
    elif asking:
        nearby = _found(DEBIAN) or nearby
    answers, seen = _homeserver(answers, nearby.url, asking=asking)
    if not answers.domain:
        known = seen.server_name or (nearby.domain if answers.homeserver == nearby.url else "")
        answers = _named(answers, known, asking=asking)
    domain = answers.domain
    url = answers.url or _open(
        "URL at which it reaches the bridge",
        OWN_URL,
        partial(wrong, AppserviceSettings, "url"),
        asking=asking,
    )
    listen = answers.listen or listen_for(url)
    answers = replace(answers, domain=domain, url=url, listen=listen)
    answers = _networks(answers) if asking else answers
    if not answers.networks:
        raise Failure(Exit.USAGE, "Name a network to bridge, as in --network libera=irc.")
    return Completed(answers, seen.kind, tuple(_doubts(seen, domain)))


class _Nearby(NamedTuple):
    """A homeserver on this machine; "" where its configuration does not say."""

    url: str
    domain: str


def _read(answers: Answers, path: Path) -> Answers:
    """What Synapse's own configuration answers."""
    config = synapse_config.load(path)
    if isinstance(config, Finding):
        raise Failure(Exit.USAGE, f"--homeserver-config: {config.text} {config.fix}")
    read = _nearby(config)
    return replace(
        answers,
        domain=answers.domain or read.domain,
        homeserver=answers.homeserver or read.url,
    )


def _nearby(config: HomeserverConfig) -> _Nearby:
    port = next(iter(config.listens), None)
    return _Nearby(f"http://localhost:{port}" if port else "", config.server_name or "")


def _found(path: Path) -> _Nearby | None:
    """A Synapse that nobody has named, where it is usual and may be read."""
    config = synapse_config.load(path)
    if isinstance(config, Finding) or not config.listens:
        return None
    typer.echo(f"Found {path}.")
    return _nearby(config)


def _homeserver(answers: Answers, nearby: str, *, asking: bool) -> tuple[Answers, Seen]:
    url = answers.homeserver
    if url or not asking:
        url = url or HOMESERVER
        faulty = wrong(HomeserverSettings, "url", url)  # said with all other faults, later
        return replace(answers, homeserver=url), Seen("") if faulty else look(url)
    found: dict[str, Seen] = {}

    def check(answer: str) -> str:
        if why := wrong(HomeserverSettings, "url", answer):
            return why
        again = answer in found
        seen = found[answer] = look(answer)
        if seen.nobody:  # it may not run yet
            typer.echo(f"  {seen.wrong}.\n  Going on; if it will be elsewhere, Ctrl-C.")
        if again or seen.nobody or not seen.wrong:
            return ""
        return f"{seen.wrong}.\n  Say it again if it is right all the same."

    url = ask("URL of the homeserver", nearby, check)
    return replace(answers, homeserver=url), found.get(url) or look(url)


def _named(answers: Answers, known: str, *, asking: bool) -> Answers:
    """Its name is none to choose: where it does not say it, people know it from their own."""
    if known:
        if asking:
            typer.echo(f"The homeserver says that it is {printable(known)}.")
        return replace(answers, domain=known)
    if not asking:
        raise Failure(Exit.USAGE, "--domain is missing; there is no terminal to ask.")
    if answers.admin is not None:
        check = partial(wrong, HomeserverSettings, "domain")
        domain = ask("The homeserver's server_name", _server_of(answers.admin), check)
        return replace(answers, domain=domain)
    admin = ask_admin_there()
    domain = _server_of(admin)
    typer.echo(f"So the homeserver's server_name is {printable(domain)}.")
    return replace(answers, domain=domain, admin=admin)


def _server_of(user: str) -> str:
    _, _, server = user.partition(":")
    return server


def _networks(answers: Answers) -> Answers:
    found = plugins.adapters()
    networks = answers.networks or ask_networks(found)
    given = dict(answers.settings)
    return replace(
        answers,
        networks=networks,
        settings=[*answers.settings, *ask_settings(found, networks, given)],
        admin=answers.admin or ask_admin(answers.domain),
    )


def _doubts(seen: Seen, domain: str) -> list[str]:
    if seen.wrong:
        return [f"The homeserver was not found: {seen.wrong}."]
    if seen.server_name and seen.server_name != domain:
        said = f"The homeserver says that it is {seen.server_name}, not {domain}"
        return [f"{said}: correct homeserver.domain, and print the registration anew."]
    return []


def _open(question: str, default: str, check: Callable[[str], str], *, asking: bool) -> str:
    return ask(question, default, check) if asking else default


def listen_for(url: str) -> str:
    """Where to listen so that `url` arrives: everywhere, unless the homeserver is on this host."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        return f"127.0.0.1:{DEFAULT_PORT}"  # what is wrong with the URL is said when it is checked
    direct = parts.scheme == "http" and parts.hostname not in _HERE
    return f"{'0.0.0.0' if direct else '127.0.0.1'}:{port}"  # noqa: S104 (the operator's URL says so)
