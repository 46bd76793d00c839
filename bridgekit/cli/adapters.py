"""`bridgekit adapters`: what is installed, what each supports, and why one cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer
from rich.console import Console

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.exits import Exit
from bridgekit.cli.options import AsJSON
from bridgekit.cli.output import console, show_findings, show_json, show_table
from bridgekit.configuration import plugins
from bridgekit.configuration.plugins import Broken, Found
from bridgekit.configuration.undeclared import undeclared

_UNKNOWN = "unknown"  # stands for what clients support whose classes are not declared


def adapters(*, as_json: AsJSON = False) -> None:
    """List the installed adapters and what each supports.

    A network in the configuration names one of them with `adapter:`. An adapter that cannot be
    used is listed with the reason, and the exit code is 4. `Interface` is the version that it was
    written for.

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
    if any(isinstance(one, Broken) and one.extra is None for one in found):
        raise typer.Exit(Exit.FOUND)


def _show(to: Console, found: list[Found | Broken]) -> None:
    usable = [one for one in found if isinstance(one, Found)]
    if usable:
        show_table(to, ("Adapter", "Package", "Interface", "Supports"), map(_row, usable))
        show_findings(to, [finding for one in usable for finding in _warnings(one)])
    broken = [one for one in found if isinstance(one, Broken)]
    show_findings(to, [_finding(one) for one in broken if one.extra is None])
    for one in broken:
        if one.extra is not None:
            typer.echo(f"{one.name}: not installed (pip install '{one.extra}')")


def _row(one: Found) -> tuple[str, str, str, str]:
    found = plugins.supports(one.adapter)
    words = ["messages", *map(_words, found.always)]
    if found.sometimes:
        some = ", ".join(map(_words, found.sometimes))
        words.append(f"and on some connections, where the server has it: {some}")
    if not found.known:
        words.append(f"{_UNKNOWN}: annotate what `connect` yields")
    return one.name, _origin(one), str(one.adapter.manifest.api), ", ".join(words)


def _warnings(one: Found) -> Iterator[Finding]:
    """What its author has overlooked, though it can be used."""
    for what in undeclared(one.adapter):
        yield Finding(Severity.WARNING, f"{one.name} ({_origin(one)}): {what}.")
    named = one.adapter.manifest.name
    if named != one.name:
        yield Finding(
            Severity.WARNING,
            f"{one.name} ({_origin(one)}): its manifest says the name {named!r}, which is the "
            "protocol's in every room: its author should give both the same.",
        )


def _finding(one: Broken) -> Finding:
    return Finding(Severity.ERROR, f"{one.name} ({_origin(one)}): {one.why}")


def _origin(one: Found | Broken) -> str:
    return f"{one.distribution} {_version(one.distribution)}".strip()


def _record(one: Found | Broken) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": one.name,
        "distribution": one.distribution,
        "version": _version(one.distribution) or None,
    }
    if isinstance(one, Broken):
        return record | {"usable": False, "why": one.why}
    manifest, found = one.adapter.manifest, plugins.supports(one.adapter)
    return record | {
        "usable": True,
        "title": manifest.title,
        "api": manifest.api,
        "supports": [*found.always, *([] if found.known else [_UNKNOWN])],
        "supports_for_some_logins": list(found.sometimes),
        "warnings": [finding.text for finding in _warnings(one)],
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _words(name: str) -> str:
    """`SupportsAutomaticLogin` as "automatic login"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix("Supports")).lower()
