"""What `init` must know in the end: from options, a file, the homeserver itself, or a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import typer

from bridgekit.adapter_supports import Finding
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.init.draft import Answers
from bridgekit.cli.init.probing import Seen, look
from bridgekit.cli.init.questions import ask, ask_admin, ask_networks, ask_settings, wrong
from bridgekit.configuration import plugins
from bridgekit.configuration.settings import AppserviceSettings, HomeserverSettings
from bridgekit.printable import printable
from bridgekit.registration import synapse_config
from bridgekit.registration.steps import Kind

HOMESERVER, OWN_URL, DEFAULT_PORT = "http://localhost:8008", "http://localhost:29300", 29300
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Completed:
    """`kind` is the homeserver's, where it says so; `doubts` what could not be made sure of."""

    answers: Answers
    kind: Kind | None
    doubts: tuple[str, ...]


def completed(answers: Answers, homeserver_config: Path | None, *, asking: bool) -> Completed:
    """What is open is read, found out, asked, or the default, in this order."""
    if homeserver_config is not None:
        answers = _read(answers, homeserver_config)
    answers, seen = _homeserver(answers, asking=asking)
    domain = answers.domain or _domain(seen, asking=asking)
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


def _read(answers: Answers, path: Path) -> Answers:
    """What Synapse's own configuration answers."""
    config = synapse_config.load(path)
    if isinstance(config, Finding):
        raise Failure(Exit.USAGE, f"--homeserver-config: {config.text} {config.fix}")
    port = next(iter(config.listens), None)
    here = f"http://localhost:{port}" if port else ""
    return replace(
        answers,
        domain=answers.domain or config.server_name or "",
        homeserver=answers.homeserver or here,
    )


def _homeserver(answers: Answers, *, asking: bool) -> tuple[Answers, Seen]:
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
        found[answer] = look(answer)
        if again or not found[answer].wrong:
            return ""
        return f"{found[answer].wrong}. Say it again if it is right all the same."

    url = ask("URL of the homeserver", HOMESERVER, check)
    return replace(answers, homeserver=url), found.get(url) or look(url)


def _domain(seen: Seen, *, asking: bool) -> str:
    """Its name is none to choose: it is asked for only where the homeserver does not say it."""
    if seen.server_name:
        if asking:
            typer.echo(f"The homeserver says that it is {printable(seen.server_name)}.")
        return seen.server_name
    if not asking:
        raise Failure(Exit.USAGE, "--domain is missing; there is no terminal to ask.")

    def check(answer: str) -> str:
        return wrong(HomeserverSettings, "domain", answer)

    return ask("The homeserver's server_name", None, check)


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
