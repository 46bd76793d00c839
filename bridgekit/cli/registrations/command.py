"""`bridgekit registration`: what the homeserver must know of the bridge, printed and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.files import write_new
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import as_data, console, count, show_findings, show_json
from bridgekit.configuration.config import Config
from bridgekit.configuration.registration import build
from bridgekit.configuration.registration import puppets as puppet_registrations
from bridgekit.registration import checking
from bridgekit.registration.steps import TITLES, Kind, steps

PRINT = "print"
_HELP = """Print, check, compare and renew the registration.

Alone it prints, with the options of `print`.

\b
Examples:
  bridgekit registration print > registration.yaml
  bridgekit registration check /etc/matrix-synapse/appservices/*.yaml
  bridgekit registration compare
  bridgekit registration rotate
"""


class _Printing(TyperGroup):
    """`bridgekit registration` alone prints, with the options of `print`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = next(iter(args), "")
        if first not in self.commands and first not in ("-h", "--help"):
            args = [PRINT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Printing,
    help=_HELP,
    no_args_is_help=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)

Output = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write it there instead; never overwrites."),
]
Puppets = Annotated[
    str | None,
    typer.Option(
        metavar="SERVER", help="That of the double puppets of this homeserver's people instead."
    ),
]
For = Annotated[
    Kind | None,
    typer.Option("--for", help="What its administrator does, for one kind of homeserver only."),
]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE…", help="Registrations, also of other bridges."),
]
HomeserverConfig = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Synapse's homeserver.yaml, or a folder of such: what it loads."
    ),
]
Domain = Annotated[str | None, typer.Option(metavar="SERVER", help="The homeserver's server_name.")]
User = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The user that Synapse runs as [matrix-synapse]."),
]


@app.command(PRINT)
def print_(
    config: ConfigPath = DEFAULT,
    output: Output = None,
    puppets: Puppets = None,
    kind: For = None,
) -> None:
    """Print the registration that belongs to the configuration.

    The file goes to standard output, what the homeserver's administrator does with it to standard
    error. It holds tokens: keep it from other users.

    \b
    Examples:
      bridgekit registration print > registration.yaml
      bridgekit registration print -c /etc/bridgekit/config.yaml --for synapse
      bridgekit registration print --output registration.yaml
      bridgekit registration print --puppets example.org
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    settings = load(config)
    if puppets is None:
        wanted = build(settings)
        text, name, domain = wanted.to_yaml(), wanted.id, settings.homeserver.domain
    else:
        text, name = _of_puppets(settings, puppets)
        domain = puppets
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_new({output: text})
        typer.echo(f"Wrote {output}, which only you can read.")
    _say_steps(kind, str(output or "registration.yaml"), name, domain)


def _say_steps(kind: Kind | None, file: str, name: str, domain: str) -> None:
    """What to do next; to standard error, so that the file can go where it should."""
    for one in Kind if kind is None else [kind]:
        typer.echo(f"\n{TITLES[one]}\n{steps(one, file, name, domain)}", err=True)
    typer.echo("\nThen `bridgekit doctor` says whether it works.", err=True)


def _of_puppets(config: Config, server: str) -> tuple[str, str]:
    found = [one for one in puppet_registrations(config) if one.domain == server]
    if not found:
        raise Failure(
            Exit.CONFIG,
            f"double_puppets.{server}.as_token: is missing; add one, a long random text of its own",
        )
    return found[0].to_yaml(), found[0].id


@app.command()
def check(
    files: Files = None,
    homeserver_config: HomeserverConfig = None,
    domain: Domain = None,
    user: User = None,
    *,
    as_json: AsJSON = False,
) -> None:
    """Check registrations of any bridge.

    Before a homeserver loads them. Each alone, then all together: two bridges that claim the same
    names are found, with a name that both claim. Needs no configuration and asks nobody. The exit
    code is 4 if there is an error.

    \b
    Examples:
      bridgekit registration check registration.yaml
      bridgekit registration check /etc/matrix-synapse/appservices/*.yaml
      bridgekit registration check --homeserver-config homeserver.yaml
      bridgekit registration check registration.yaml --domain example.org --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    if not files and homeserver_config is None:
        raise Failure(Exit.USAGE, "Name a registration, or --homeserver-config.")
    found: list[tuple[str, Finding]] = []
    for area, findings in checking.check(files or (), homeserver_config, domain, user):
        found += [(area, one) for one in findings]
        if not as_json:
            typer.echo(area)
            show_findings(
                console(), findings or [Finding(Severity.OK, "Nothing is wrong with it.")]
            )
    end(found, as_json=as_json)


def end(found: list[tuple[str, Finding]], *, as_json: bool) -> None:
    """The last line, or all of it for programs, and the exit code."""
    errors = sum(one.severity is Severity.ERROR for _, one in found)
    warnings = sum(one.severity is Severity.WARNING for _, one in found)
    if as_json:
        findings = [{"area": area, **as_data(one)} for area, one in found]
        show_json({"findings": findings, "errors": errors, "warnings": warnings})
    else:
        typer.echo(f"{count(errors, 'error')}, {count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(Exit.FOUND)
