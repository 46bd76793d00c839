"""`bridgekit init`: a few answers become a configuration and its registration."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from textwrap import fill, indent
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bridgekit.adapter_supports import SupportsSetup
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.files import refuse_existing, refuse_missing_folders, unwritable, write_new
from bridgekit.cli.init.answers import from_file, merged
from bridgekit.cli.init.completing import DEFAULT_PORT, HOMESERVER, OWN_URL, Completed, completed
from bridgekit.cli.init.draft import Answers, Setting, draft
from bridgekit.cli.init.questions import not_a_user
from bridgekit.cli.init.service_files import container as container_file
from bridgekit.cli.init.service_files import unit
from bridgekit.cli.options import DEFAULT, ConfigPath, again
from bridgekit.configuration import config as configuration
from bridgekit.configuration import plugins
from bridgekit.configuration.config import Config
from bridgekit.configuration.listening import UnixAddress
from bridgekit.configuration.registration import Registration, build
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.configuration.yaml_source import parse_value
from bridgekit.errors import ConfigError
from bridgekit.printable import printable
from bridgekit.registration.steps import TITLES, Kind, steps

Domain = Annotated[str | None, typer.Option(help="The homeserver's server_name, like example.org.")]
Homeserver = Annotated[
    str | None, typer.Option(metavar="URL", help=f"Where the bridge reaches it [{HOMESERVER}].")
]
OwnURL = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help=f"Where it reaches the bridge [{OWN_URL}]."),
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
HomeserverConfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Synapse's homeserver.yaml: its name and port are read."),
]
AnswersFile = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        metavar="FILE",
        help="A YAML file with the answers; asks nothing. Its keys are in docs/setup.md.",
    ),
]
Systemd = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a systemd unit there, too.")
]
Container = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a file to build a container with there, too."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take the defaults.")]

WIDTH = 80  # of a line on a terminal


def init(  # noqa: PLR0917 (each is an option, given by its name)
    config: ConfigPath = DEFAULT,
    domain: Domain = None,
    homeserver: Homeserver = None,
    url: OwnURL = None,
    listen: Listen = None,
    network: Networks = None,
    admin: Admin = None,
    settings: Settings = None,
    registration: Output = None,
    homeserver_config: HomeserverConfig = None,
    answers: AnswersFile = None,
    systemd: Systemd = None,
    container: Container = None,
    *,
    yes: Yes = False,
) -> None:
    """Write a configuration and its registration.

    They get fresh random tokens. Asks for what the options leave open, unless there is no
    terminal, or --yes or --answers is given; looks at once whether the homeserver is there, and
    which one it is. The files are readable by you only; one that exists is never overwritten.

    \b
    Examples:
      bridgekit init
      bridgekit init --yes --domain example.org --network libera=irc \\
        --set networks.libera.host=irc.libera.chat --admin @you:example.org
      bridgekit init --answers answers.yaml --systemd bridgekit.service
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    beside = registration or config.with_name("registration.yaml")
    extra = {"systemd": systemd, "container": container}
    _refuse([config, beside, *filter(None, extra.values())], admin)
    said = (domain or "", homeserver or "", url or "", listen or "")
    named = dict(map(_network, network or ()))
    given = Answers(*said, admin, named, [_setting(text) for text in settings or ()])
    asking = not yes and answers is None and at_a_terminal()
    whole = completed(_with(given, answers), homeserver_config, asking=asking)
    _write(whole, config, beside, extra, asked=asking)


def _with(given: Answers, file: Path | None) -> Answers:
    """What a file answers, where no option does."""
    if file is None:
        return given
    both = merged(given, from_file(file))
    _refuse([], both.admin)
    return both


def _write(
    whole: Completed,
    config: Path,
    beside: Path,
    extra: Mapping[str, Path | None],
    *,
    asked: bool,
) -> None:
    text = draft(whole.answers)
    loaded = _checked(text, config, asked=asked)
    built = build(loaded)
    files = {config: text, beside: built.to_yaml()}
    if (to := extra["systemd"]) is not None:
        files[to] = unit(config, to, getpass.getuser(), _written_to(loaded))
    if (to := extra["container"]) is not None:
        port = urlsplit(whole.answers.url).port or DEFAULT_PORT
        files[to] = container_file(config, to, port)
    write_new(files)
    for why in whole.doubts:
        typer.echo(fill(f"! {printable(why)}", WIDTH, break_long_words=False), err=True)
    _say_next(config, beside, list(files), whole, built)


def _refuse(files: Sequence[Path], admin: str | None) -> None:
    """What no answer could mend is said before anything is asked."""
    refuse_existing(files)
    refuse_missing_folders(files)
    if admin and (why := not_a_user(admin)):
        raise Failure(Exit.USAGE, f"--admin: {why}")


def at_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


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


def _written_to(config: Config) -> Iterator[Path]:
    """The folders that the bridge writes to."""
    if isinstance(config.database, SQLiteFile):
        yield config.database.path.parent
    for listen in (config.appservice.listen, config.operations.listen):
        if isinstance(listen, UnixAddress):
            yield listen.path.parent


def _checked(text: str, path: Path, *, asked: bool) -> Config:
    """A configuration that is not yet written; `Failure` if it is faulty.

    Checked as a file in the same folder (paths in it start there), for this user only.
    """
    try:
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", encoding="utf-8") as trial:
            trial.write(text)
            trial.flush()
            return configuration.load(Path(trial.name), os.environ, plugins.adapters())
    except ConfigError as error:
        raise Failure(Exit.USAGE, _without_places(error.faults, asked=asked)) from error
    except OSError as error:
        raise unwritable(path, error) from error


def _without_places(faults: Sequence[str], *, asked: bool) -> str:
    """Nobody has seen the file that these lines point into."""
    sentences = [re.sub(r"^\S*?:\d+:\d+ ", "", fault) for fault in faults]
    how = "start again and answer otherwise" if asked else "say it with an option, or with --set"
    advice = f"Nothing was written; {how}{'' if asked else ' KEY=VALUE'}."
    return "\n".join([*sentences, advice])


def _say_next(
    config: Path, beside: Path, files: Sequence[Path], whole: Completed, built: Registration
) -> None:
    kind = whole.kind or Kind.SYNAPSE
    install = indent(steps(kind, str(beside), built.id, whole.answers.domain), "     ")
    shown = [str(file) for file in files]
    listed = f"{', '.join(shown[:-1])} and {shown[-1]}"
    others = "" if whole.kind else "\n     Any other one: `bridgekit registration print` says how."
    after = [again(f"setup {name}", config) for name in _to_set_up(whole.answers.networks)]
    after += [again("doctor", config), again("run", config)]
    lines = "\n".join(f"  {number}. {line}" for number, line in enumerate(after, 2))
    typer.echo(f"""\
Wrote {listed}, which only you can read.
Next:
  1. Give {beside} to the homeserver. {TITLES[kind]}:
{install}{others}
{lines}""")


def _to_set_up(networks: Mapping[str, str]) -> Iterator[str]:
    """Those that need something at a provider."""
    known = plugins.adapters()
    for name, adapter in networks.items():
        found = known.look_up(adapter)
        if isinstance(found, plugins.Found) and issubclass(found.adapter, SupportsSetup):
            yield name
