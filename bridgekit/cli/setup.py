"""`bridgekit setup NETWORK`: what must exist at a network's provider, step by step, and checked."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, Any

import typer

from bridgekit.adapter import Adapter, Field
from bridgekit.adapter_supports import Credentials, Finding, Severity, SupportsSetup
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.logs import silence
from bridgekit.cli.options import DEFAULT, ConfigPath, load
from bridgekit.cli.output import console, show_findings
from bridgekit.configuration import plugins
from bridgekit.configuration.config import Config
from bridgekit.configuration.paths import is_there
from bridgekit.configuration.plugins import Broken
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import ConfigError
from bridgekit.ids import NetworkName
from bridgekit.printable import printable, printable_lines
from bridgekit.sign_in.redirects import callback_url
from bridgekit.stand_in_host import with_no_bridge

NetworkArgument = Annotated[
    str, typer.Argument(metavar="NETWORK", help="A network of the configuration, or an adapter.")
]
PublicURL = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where the world reaches the bridge [appservice.public_url]."),
]


def setup(
    network: NetworkArgument, config: ConfigPath = DEFAULT, public_url: PublicURL = None
) -> None:
    """Set a network up at its provider, step by step.

    Says what to do there and asks for what comes of it. That is tried out at once, and kept
    nowhere: the configuration is yours to write. Works before there is one, too. The exit code is
    4 if something was wrong.

    \b
    Examples:
      bridgekit setup slack
      bridgekit setup slack -c /etc/bridgekit/config.yaml
      bridgekit setup slack --public-url https://bridge.example.org
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    silence()
    loaded = _loaded(config)
    url = public_url or (None if loaded is None else loaded.appservice.public_url)
    adapter = _adapter(network, loaded, url)
    if not isinstance(adapter, SupportsSetup):
        raise Failure(
            Exit.FOUND,
            f"{adapter.manifest.title} needs nothing that `setup` could help with; "
            "`bridgekit doctor` checks its configuration.",
        )
    guide = Terminal(None if url is None else callback_url(url))
    try:
        asyncio.run(_interruptible(adapter.setup(guide)))
    except typer.Abort:
        if sys.stdin.isatty():
            raise  # Ctrl-C, or Ctrl-D
        said = "Its questions were not answered: start `bridgekit setup` at a terminal."
        raise Failure(Exit.USAGE, said) from None
    if guide.errors:
        raise typer.Exit(Exit.FOUND)


async def _interruptible(work: Awaitable[None]) -> None:
    """With asyncio's own handler the first Ctrl-C at a prompt would be put off until its answer."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    await work


class Terminal:
    """A `Guide` at a terminal. What is secret is not shown while it is typed."""

    def __init__(self, callback_url: str | None) -> None:
        self.callback_url = callback_url
        self.errors = 0

    async def ask(self, *fields: Field) -> Credentials:
        return {
            field.name: answer
            for field in fields
            if (answer := _answer(field)) or not field.optional
        }

    async def show(self, text: str) -> None:
        typer.echo(f"{printable_lines(text)}\n")

    async def report(self, finding: Finding) -> None:
        self.errors += finding.severity is Severity.ERROR
        show_findings(console(), [finding])


def _answer(field: Field) -> str:
    """One line; asked again until it is what the field wants."""
    choices = f" ({', '.join(field.choices)})" if field.choices else ""
    while True:
        answer: str = typer.prompt(
            f"{printable(field.prompt)}{choices}",
            default="",  # typer itself would ask anew without a word
            show_default=False,
            hide_input=field.secret,
        ).strip()
        if not answer and field.optional:
            return ""
        if not answer:
            typer.echo(
                "  An answer is needed; what is typed here is not shown."
                if field.secret
                else "  An answer is needed."
            )
            continue
        if field.choices and answer not in field.choices:
            typer.echo(f"  It must be one of {', '.join(field.choices)}.")
        elif field.pattern is not None and not re.fullmatch(field.pattern, answer):
            typer.echo("  That does not look like it; copy it whole.")
        else:
            return answer


def _loaded(path: Path) -> Config | None:
    """The configuration; one that is not there, or not finished yet, is not needed."""
    if is_there(path) is False:
        return None
    try:
        return load(path)
    except ConfigError:
        typer.echo(f"{path} has faults, which `bridgekit doctor` lists; it is left aside.\n")
        return None


def _adapter(name: str, config: Config | None, public_url: str | None) -> Adapter[Any]:
    """The one that the configuration has under this name, else one with nothing set."""
    found = None if config is None else config.networks.get(NetworkName(name))
    own = NetworkName(name)
    if found is not None and not issubclass(found.adapter, StandIn):
        return with_no_bridge(found.adapter, found.adapter_config, own, public_url, found.links)
    adapter = _installed(name)
    return with_no_bridge(adapter, adapter.manifest.config.model_construct(), own, public_url)


def _installed(name: str) -> type[Adapter[Any]]:
    known = plugins.adapters()
    if name not in known:
        raise Failure(
            Exit.FOUND,
            f"Neither the configuration nor what is installed has {printable(name)}; "
            "`bridgekit adapters` lists what is installed.",
        )
    found = known.look_up(name)
    if isinstance(found, Broken):
        raise Failure(Exit.FOUND, found.why)
    return found.adapter
