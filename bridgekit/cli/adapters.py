"""`bridgekit adapters`: what is installed, what each supports, and why one cannot be used."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer
from rich.console import Console

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.options import AsJSON
from bridgekit.cli.output import console, show_findings, show_json
from bridgekit.configuration import plugins
from bridgekit.configuration.plugins import Broken, Found

_UNKNOWN = "unknown"  # what `supports` says where the client's class is not declared


def adapters(*, as_json: AsJSON = False) -> None:
    """List the installed adapters and what each supports.

    A network in the configuration names one of them with `adapter:`. An adapter that cannot be
    used is listed with the reason.

    \b
    Examples:
      bridgekit adapters
      bridgekit adapters --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    found = plugins.installed(plugins.adapters())
    if as_json:
        show_json([_record(one) for one in found])
    elif found:
        _show(console(), found)
    else:
        typer.echo("No adapter is installed; get one with: pip install 'matrix-bridgekit[irc]'")


def _show(to: Console, found: list[Found | Broken]) -> None:
    show_findings(to, [_finding(one) for one in found])


def _finding(one: Found | Broken) -> Finding:
    origin = f"{one.distribution} {_version(one.distribution)}".strip()
    if isinstance(one, Broken):
        return Finding(Severity.ERROR, f"{one.name} ({origin}): {one.why}")
    names = plugins.supports(one.adapter)
    words = ["messages", *(_words(name) for name in names if name != _UNKNOWN)]
    text = f"{one.name}: {one.adapter.manifest.title} ({origin}). It supports {', '.join(words)}."
    if _UNKNOWN in names:
        text += " It does not declare what its connections add to that."
    return Finding(Severity.OK, text)


def _record(one: Found | Broken) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": one.name,
        "distribution": one.distribution,
        "version": _version(one.distribution) or None,
    }
    if isinstance(one, Broken):
        return record | {"usable": False, "why": one.why}
    manifest = one.adapter.manifest
    return record | {
        "usable": True,
        "title": manifest.title,
        "api": manifest.api,
        "supports": list(plugins.supports(one.adapter)),
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _words(name: str) -> str:
    """`SupportsAutomaticLogin` as "automatic login"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix("Supports")).lower()
