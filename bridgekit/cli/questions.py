"""What `init` asks a person at a terminal, for what the options have not answered yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import typer

from bridgekit.cli.draft import Setting
from bridgekit.plugins import Adapters, Found, installed
from bridgekit.schema import fields, is_secret
from bridgekit.yaml_source import parse_value


def ask(question: str, default: str | None = None) -> str:
    """One line; without a default it must not be empty."""
    answer: str = typer.prompt(question, default=default)
    return answer.strip()


def ask_admin(domain: str) -> str | None:
    answer = ask(f"Your own user ID, to operate the bridge (@you:{domain}; empty: nobody)", "")
    return answer or None


def ask_networks(found: Adapters) -> dict[str, str]:
    """Networks by name, with their adapters; at least one."""
    usable = [one.name for one in installed(found) if isinstance(one, Found)]
    typer.echo(f"Installed adapters: {', '.join(usable) or 'none'}.")
    networks: dict[str, str] = {}
    while True:
        more = " (empty: no more)" if networks else ", like libera"
        name = ask(f"A name for a network to bridge{more}", "" if networks else None)
        if not name:
            return networks
        default = name if name in usable else usable[0] if len(usable) == 1 else None
        networks[name] = ask(f"The adapter for {name}", default)


def ask_settings(
    found: Adapters, networks: Mapping[str, str], given: set[tuple[str, ...]]
) -> Iterator[Setting]:
    """What each network's adapter cannot do without, and the chats to bridge."""
    for name, adapter in networks.items():
        one = found.look_up(adapter) if adapter in found else None
        if not isinstance(one, Found):
            continue  # said when the configuration is checked
        for key, field in fields(one.adapter.manifest.config).items():
            way = ("networks", name, key)
            if field.is_required() and way not in given:
                meaning = f" ({field.description})" if field.description else ""
                question = f"{key} of {name}{meaning}"
                answer = typer.prompt(question, hide_input=is_secret(field))
                yield way, answer if field.annotation is str else parse_value(answer)
        way = ("networks", name, "links")
        chats = ask(f"Chats of {name} to bridge from the start, with blanks between", "").split()
        if chats and way not in given:
            yield way, [{"chat": chat} for chat in chats]
