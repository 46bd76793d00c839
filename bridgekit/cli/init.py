"""`bridgekit init`: a few answers become a configuration and its registration."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bridgekit.cli.draft import Answers, Setting, draft
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.files import refuse_existing, refuse_missing_folders, unwritable, write_new
from bridgekit.cli.options import DEFAULT, ConfigPath
from bridgekit.cli.questions import (
    Check,
    ask,
    ask_admin,
    ask_networks,
    ask_settings,
    not_admin,
    wrong,
)
from bridgekit.configuration import config as configuration
from bridgekit.configuration import plugins
from bridgekit.configuration.registration import build
from bridgekit.configuration.settings import AppserviceSettings, HomeserverSettings
from bridgekit.configuration.yaml_source import parse_value
from bridgekit.errors import ConfigError

_HOMESERVER, _URL, _PORT = "http://localhost:8008", "http://localhost:29300", 29300
_HERE = ("localhost", "127.0.0.1", "::1")

Domain = Annotated[str | None, typer.Option(help="The homeserver's server_name, like example.org.")]
Homeserver = Annotated[
    str | None, typer.Option(metavar="URL", help=f"Where the bridge reaches it [{_HOMESERVER}].")
]
OwnURL = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help=f"Where it reaches the bridge [{_URL}]."),
]
Listen = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Where the bridge listens [as --url says].")
]
Networks = Annotated[
    list[str] | None,
    typer.Option("--network", metavar="NAME=ADAPTER", help="A network to bridge; repeatable."),
]
Admin = Annotated[
    str | None, typer.Option(metavar="USER", help="Who operates the bridge, like @you:example.org.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any other setting; repeatable."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--registration", metavar="FILE", help="The registration [registration.yaml beside it]."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take the defaults.")]


def init(
    config: ConfigPath = DEFAULT,
    domain: Domain = None,
    homeserver: Homeserver = None,
    url: OwnURL = None,
    listen: Listen = None,
    network: Networks = None,
    admin: Admin = None,
    settings: Settings = None,
    registration: Output = None,
    *,
    yes: Yes = False,
) -> None:
    """Write a configuration and its registration.

    They get fresh random tokens. Asks for what the options leave open, unless there is no
    terminal or --yes is given. Both files are readable by you only; a file that exists is never
    overwritten.

    \b
    Examples:
      bridgekit init
      bridgekit init --yes --domain example.org --network libera=irc \\
        --set networks.libera.host=irc.libera.chat --admin @you:example.org
      bridgekit init --yes --domain example.org --network libera=irc \\
        --set networks.libera.host=irc.libera.chat \\
        --set 'networks.libera.links=[{chat: "#python"}]'
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    beside = registration or config.with_name("registration.yaml")
    _refuse([config, beside], admin)
    answers = Answers(
        domain=domain or "",
        homeserver=homeserver or "",
        url=url or "",
        listen=listen or "",
        admin=admin,
        networks=dict(map(_network, network or ())),
        settings=[_setting(text) for text in settings or ()],
    )
    _write(answers, config, beside, asking=not yes and at_a_terminal())


def _write(answers: Answers, config: Path, beside: Path, *, asking: bool) -> None:
    text = draft(_completed(answers, asking=asking))
    write_new({config: text, beside: _registration_for(text, config, asked=asking)})
    _say_next(config, beside)


def _refuse(files: Sequence[Path], admin: str | None) -> None:
    """What no answer could mend is said before anything is asked."""
    refuse_existing(files)
    refuse_missing_folders(files)
    if admin and (why := not_admin(admin)):
        raise Failure(Exit.USAGE, f"--admin: {why}")


def at_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _completed(answers: Answers, *, asking: bool) -> Answers:
    """What the options leave open is asked, or the default."""
    domain = answers.domain or _required("--domain", "The homeserver's server_name", asking=asking)
    homeserver = answers.homeserver or _open(
        "URL of the homeserver",
        _HOMESERVER,
        partial(wrong, HomeserverSettings, "url"),
        asking=asking,
    )
    url = answers.url or _open(
        "URL at which it reaches the bridge",
        _URL,
        partial(wrong, AppserviceSettings, "url"),
        asking=asking,
    )
    listen = answers.listen or _open(
        "Address to listen on",
        _listen_for(url),
        partial(wrong, AppserviceSettings, "listen"),
        asking=asking,
    )
    answers = replace(answers, domain=domain, homeserver=homeserver, url=url, listen=listen)
    answers = _asked(answers) if asking else answers
    if not answers.networks:
        raise Failure(Exit.USAGE, "Name a network to bridge, as in --network libera=irc.")
    return answers


def _required(option: str, question: str, *, asking: bool) -> str:
    if not asking:
        raise Failure(Exit.USAGE, f"{option} is missing; there is no terminal to ask.")
    return ask(question, check=partial(wrong, HomeserverSettings, "domain"))


def _open(question: str, default: str, check: Check, *, asking: bool) -> str:
    return ask(question, default, check) if asking else default


def _asked(answers: Answers) -> Answers:
    found = plugins.adapters()
    networks = answers.networks or ask_networks(found)
    given = dict(answers.settings)
    return replace(
        answers,
        networks=networks,
        settings=[*answers.settings, *ask_settings(found, networks, given)],
        admin=answers.admin or ask_admin(answers.domain),
    )


def _network(text: str) -> tuple[str, str]:
    name, _, adapter = text.partition("=")
    return name, adapter or name


def _setting(text: str) -> Setting:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise Failure(Exit.USAGE, f"--set {text}: write it as KEY=VALUE.")
    section, _, rest = key.partition(".")
    # A line of `permissions` is named by a user or a domain, with dots of their own.
    way = (section, rest) if section == "permissions" else tuple(key.split("."))
    try:
        return way, parse_value(value)
    except ValueError as error:
        raise Failure(Exit.USAGE, f"--set {key}: the value {error}; quote it.") from error


def _listen_for(url: str) -> str:
    """Where to listen so that `url` arrives: everywhere, unless the homeserver is on this host."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
    except ValueError:
        return f"127.0.0.1:{_PORT}"  # what is wrong with the URL is said when it is checked
    direct = parts.scheme == "http" and parts.hostname not in _HERE
    return f"{'0.0.0.0' if direct else '127.0.0.1'}:{port}"  # noqa: S104 (the operator's URL says so)


def _registration_for(text: str, path: Path, *, asked: bool) -> str:
    """The registration that belongs to a configuration not yet written; `Failure` if it is faulty.

    Checked as a file in the same folder (paths in it start there), for this user only.
    """
    try:
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", encoding="utf-8") as trial:
            trial.write(text)
            trial.flush()
            loaded = configuration.load(Path(trial.name), os.environ, plugins.adapters())
    except ConfigError as error:
        raise Failure(Exit.USAGE, _without_places(error.faults, asked=asked)) from error
    except OSError as error:
        raise unwritable(path, error) from error
    return build(loaded).to_yaml()


def _without_places(faults: Sequence[str], *, asked: bool) -> str:
    """Nobody has seen the file that these lines point into."""
    sentences = [re.sub(r"^\S*?:\d+:\d+ ", "", fault) for fault in faults]
    how = "start again and answer otherwise" if asked else "say it with an option, or with --set"
    advice = f"Nothing was written; {how}{'' if asked else ' KEY=VALUE'}."
    return "\n".join([*sentences, advice])


def _say_next(config: Path, registration: Path) -> None:
    option = "" if config == DEFAULT else f" -c {shlex.quote(str(config))}"
    command = _as_called()
    typer.echo(f"""\
Wrote {config} and {registration}, which only you can read.
Next:
  1. Give {registration} to the homeserver and restart it. Synapse: name the file
     in homeserver.yaml under app_service_config_files; it must be able to read it.
  2. {command} doctor{option}
  3. {command} run{option}""")


def _as_called() -> str:
    """The command as it was typed, which may be one that no shell would find by its name."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m bridgekit.cli"
    if called.name != "bridgekit" or shutil.which("bridgekit") == str(called):
        return "bridgekit"
    return shlex.quote(str(called))
